// SPDX-License-Identifier: LicenseRef-Project
// Cycles the color scheme: like the system, light, dark.
import { ActionIcon, Tooltip, useMantineColorScheme, type MantineColorScheme } from '@mantine/core';
import { Monitor, Moon, Sun, type LucideIcon } from 'lucide-react';

interface Scheme {
  label: string;
  icon: LucideIcon;
  next: MantineColorScheme;
}

const kSchemes: Record<MantineColorScheme, Scheme> = {
  auto: { label: 'Theme: system', icon: Monitor, next: 'light' },
  light: { label: 'Theme: light', icon: Sun, next: 'dark' },
  dark: { label: 'Theme: dark', icon: Moon, next: 'auto' },
};

export function ColorSchemeSwitch() {
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  const scheme = kSchemes[colorScheme];
  const Icon = scheme.icon;
  return (
    <Tooltip label={scheme.label}>
      <ActionIcon
        size="lg"
        onClick={() => setColorScheme(scheme.next)}
        aria-label={`${scheme.label}. Switch to ${kSchemes[scheme.next].label.slice(7)}`}
      >
        <Icon size={18} />
      </ActionIcon>
    </Tooltip>
  );
}
