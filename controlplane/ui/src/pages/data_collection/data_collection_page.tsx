// SPDX-License-Identifier: LicenseRef-Project
// Data collection: what this project stores of what its apps send, and what it keeps out.
import { Stack } from '@mantine/core';
import { PageHeader } from '@/components/page_header';
import { CookielessCard } from './cookieless_card';
import { LimitsCard } from './limits_card';
import { PrivacyCard } from './privacy_card';
import { RefusedCard } from './refused_card';

export default function DataCollectionPage() {
  return (
    <>
      <PageHeader
        title="Data collection"
        description="What this project stores of what its apps send, and what it keeps out."
      />
      <Stack gap="md" maw={1000}>
        <PrivacyCard />
        <LimitsCard />
        <CookielessCard />
        <RefusedCard />
      </Stack>
    </>
  );
}
