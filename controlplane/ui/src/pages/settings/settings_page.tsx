// SPDX-License-Identifier: LicenseRef-Project
// Project settings: token, SDK set-up, personal API keys.
import { Stack } from '@mantine/core';
import { PageHeader } from '@/components/page_header';
import { KeysCard } from './keys_card';
import { ProjectCard } from './project_card';
import { SnippetsCard } from './snippets_card';

export default function SettingsPage() {
  return (
    <>
      <PageHeader title="Project settings" description="What your apps and scripts need to connect." />
      <Stack gap="md" maw={1000}>
        <ProjectCard />
        <SnippetsCard />
        <KeysCard />
      </Stack>
    </>
  );
}
