// SPDX-License-Identifier: LicenseRef-Project
// Heading of a page; also sets the document's title.
import { Group, Text, Title } from '@mantine/core';
import { useDocumentTitle } from '@mantine/hooks';
import type { ReactNode } from 'react';

interface PageHeaderProps {
  title: string;
  /** One sentence under the title. */
  description?: string;
  /** Name of the page in the browser's tab; the title when missing. */
  tab?: string;
  actions?: ReactNode;
}

export function PageHeader({ title, description, tab, actions }: PageHeaderProps) {
  useDocumentTitle(`${tab ?? title} · Bristle`);
  return (
    <Group justify="space-between" align="flex-end" mb="lg" gap="md">
      <div style={{ minWidth: 0, flex: '1 1 20rem' }}>
        <Title order={1} fz={22} lh={1.3}>
          {title}
        </Title>
        {description !== undefined && (
          <Text c="dimmed" fz="sm" mt={2}>
            {description}
          </Text>
        )}
      </div>
      {actions}
    </Group>
  );
}
