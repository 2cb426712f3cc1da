// SPDX-License-Identifier: LicenseRef-Project
// A raised panel, optionally with a heading.
import { Box, Group, Title, type BoxProps } from '@mantine/core';
import type { ReactNode } from 'react';

interface SurfaceProps extends BoxProps {
  title?: string;
  actions?: ReactNode;
  children: ReactNode;
}

export function Surface({ title, actions, children, ...box }: SurfaceProps) {
  return (
    <Box component="section" className="surface" p="md" aria-label={title} {...box}>
      {title !== undefined && (
        <Group justify="space-between" mb="sm" wrap="nowrap">
          <Title order={2} fz="sm">
            {title}
          </Title>
          {actions}
        </Group>
      )}
      {children}
    </Box>
  );
}
