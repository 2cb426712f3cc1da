// SPDX-License-Identifier: LicenseRef-Project
// Says why there is nothing to show and what to do next.
import { Stack, Text, ThemeIcon, Title } from '@mantine/core';
import type { LucideIcon } from 'lucide-react';
import type { ReactNode } from 'react';

interface EmptyStateProps {
  icon: LucideIcon;
  title: string;
  /** What to do next. */
  hint: string;
  children?: ReactNode;
}

export function EmptyState({ icon: Icon, title, hint, children }: EmptyStateProps) {
  return (
    <Stack align="center" gap="xs" py={48} px="md" ta="center">
      <ThemeIcon size={48} radius="xl" variant="light">
        <Icon size={24} aria-hidden />
      </ThemeIcon>
      <Title order={3} fz="md" mt="xs">
        {title}
      </Title>
      <Text c="dimmed" fz="sm" maw={460}>
        {hint}
      </Text>
      {children}
    </Stack>
  );
}
