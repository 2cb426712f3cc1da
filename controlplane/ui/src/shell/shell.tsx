// SPDX-License-Identifier: LicenseRef-Project
// The frame of every page: navigation at the left, a top bar on small screens.
import { ActionIcon, AppShell, Burger, Group, Text, Tooltip } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { Keyboard } from 'lucide-react';
import type { ReactNode } from 'react';
import type { User } from '@/api/types';
import { AccountMenu } from './account_menu';
import { ColorSchemeSwitch } from './color_scheme_switch';
import { Logo } from './logo';
import { Navigation } from './navigation';
import { useShortcuts } from './shortcuts';
import { ShortcutsDialog } from './shortcuts_dialog';

const kContentId = 'content';

function focusContent(): void {
  document.getElementById(kContentId)?.focus();
}

export function Shell({ user, children }: { user: User; children: ReactNode }) {
  const [menuOpened, menu] = useDisclosure(false);
  const [helpOpened, help] = useDisclosure(false);
  useShortcuts(help.open);

  return (
    <>
      <a
        href={`#${kContentId}`}
        className="skip_link"
        onClick={(event) => {
          event.preventDefault();
          focusContent();
        }}
      >
        Skip to content
      </a>
      <AppShell
        header={{ height: { base: 56, sm: 0 } }}
        navbar={{ width: 232, breakpoint: 'sm', collapsed: { mobile: !menuOpened } }}
        padding={{ base: 'md', md: 'xl' }}
        transitionDuration={0}
      >
        <AppShell.Header
          hiddenFrom="sm"
          px="md"
          style={{ background: 'var(--bristle-surface)', borderColor: 'var(--bristle-border)' }}
        >
          <Group h="100%" justify="space-between">
            <Logo size={26} />
            <Burger
              opened={menuOpened}
              onClick={menu.toggle}
              size="sm"
              aria-label={menuOpened ? 'Close navigation' : 'Open navigation'}
            />
          </Group>
        </AppShell.Header>
        <AppShell.Navbar
          p="sm"
          aria-label="Main"
          style={{ background: 'var(--bristle-surface)', borderColor: 'var(--bristle-border)' }}
        >
          <AppShell.Section p={8} mb="md" visibleFrom="sm">
            <Logo />
            <Text fz="xs" c="dimmed" mt={8} truncate>
              {user.team.name}
            </Text>
          </AppShell.Section>
          <AppShell.Section grow style={{ overflowY: 'auto' }}>
            <Navigation onNavigate={menu.close} />
          </AppShell.Section>
          <AppShell.Section>
            <Group gap={4} mb={6} px={2}>
              <ColorSchemeSwitch />
              <Tooltip label="Keyboard shortcuts (?)">
                <ActionIcon size="lg" onClick={help.open} aria-label="Keyboard shortcuts">
                  <Keyboard size={18} />
                </ActionIcon>
              </Tooltip>
            </Group>
            <AccountMenu user={user} />
          </AppShell.Section>
        </AppShell.Navbar>
        <AppShell.Main id={kContentId} tabIndex={-1} style={{ outline: 'none' }}>
          <div style={{ maxWidth: 1560, margin: '0 auto' }}>{children}</div>
        </AppShell.Main>
      </AppShell>
      <ShortcutsDialog opened={helpOpened} onClose={help.close} />
    </>
  );
}
