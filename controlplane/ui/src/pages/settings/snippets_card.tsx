// SPDX-License-Identifier: LicenseRef-Project
// Set-up code for each SDK.
import { Tabs, Text } from '@mantine/core';
import { useProject } from '@/api/project';
import { CodeBlock } from '@/components/code_block';
import { Surface } from '@/components/surface';
import { allSnippets } from '@/logic/snippets';

export function SnippetsCard() {
  const { api_token } = useProject();
  const snippets = allSnippets(window.location.origin, api_token);
  return (
    <Surface title="Send events">
      <Tabs defaultValue={snippets[0]?.id} keepMounted={false}>
        <Tabs.List aria-label="SDK">
          {snippets.map((snippet) => (
            <Tabs.Tab key={snippet.id} value={snippet.id}>
              {snippet.label}
            </Tabs.Tab>
          ))}
        </Tabs.List>
        {snippets.map((snippet) => (
          <Tabs.Panel key={snippet.id} value={snippet.id} pt="md">
            <Text fz="sm" c="dimmed" mb="sm">
              {snippet.install}
            </Text>
            <CodeBlock code={snippet.code} what={`${snippet.label} code`} />
          </Tabs.Panel>
        ))}
      </Tabs>
    </Surface>
  );
}
