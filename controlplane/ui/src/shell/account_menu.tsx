// SPDX-License-Identifier: LicenseRef-Project
// Who is signed in, and signing out.
import { Avatar, Box, Group, Menu, Text, UnstyledButton } from '@mantine/core';
import { ChevronsUpDown, LogOut } from 'lucide-react';
import { useSignOut } from '@/api/session';
import type { User } from '@/api/types';

export function AccountMenu({ user }: { user: User }) {
  const signOut = useSignOut();
  const name = user.first_name === '' ? user.email : user.first_name;
  return (
    <Menu width={232} position="top-start">
      <Menu.Target>
        <UnstyledButton p={8} style={{ borderRadius: 8, width: '100%' }}>
          <Group gap={10} wrap="nowrap">
            <Avatar color="pine" radius="xl" size={32} aria-hidden>
              {name.slice(0, 1).toUpperCase()}
            </Avatar>
            <Box style={{ minWidth: 0, flex: 1 }}>
              <Text fz="sm" fw={550} truncate lh={1.3}>
                {name}
              </Text>
              <Text fz="xs" c="dimmed" truncate lh={1.3}>
                {user.organization?.name ?? user.email}
              </Text>
            </Box>
            <ChevronsUpDown size={16} color="var(--mantine-color-dimmed)" aria-hidden />
          </Group>
        </UnstyledButton>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>{user.email}</Menu.Label>
        <Menu.Item leftSection={<LogOut size={16} />} onClick={() => signOut.mutate()}>
          Sign out
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
