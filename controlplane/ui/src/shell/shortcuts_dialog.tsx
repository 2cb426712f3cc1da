// SPDX-License-Identifier: LicenseRef-Project
// The list of keyboard shortcuts, opened with `?`.
import { Group, Kbd, Modal, Text } from '@mantine/core';
import { Fragment } from 'react';
import { usePlaces } from './places';

interface Shortcut {
  keys: string[];
  action: string;
}

const kOtherShortcuts: readonly Shortcut[] = [
  { keys: ['P'], action: 'Pause or resume live events' },
  { keys: ['Ctrl', 'Enter'], action: 'Run the SQL statement' },
  { keys: ['?'], action: 'Show this list' },
  { keys: ['Esc'], action: 'Close a dialog or a list' },
];

export function ShortcutsDialog({ opened, onClose }: { opened: boolean; onClose: () => void }) {
  const shortcuts: readonly Shortcut[] = [
    ...usePlaces().map(({ key, label }) => ({
      keys: ['G', key.toUpperCase()],
      action: `Go to ${label}`,
    })),
    ...kOtherShortcuts,
  ];
  return (
    <Modal
      opened={opened}
      onClose={onClose}
      title="Keyboard shortcuts"
      closeButtonProps={{ 'aria-label': 'Close' }}
    >
      <dl className="kbd_list">
        {shortcuts.map((shortcut) => (
          <Fragment key={shortcut.action}>
            <dt>
              <Group gap={4} wrap="nowrap">
                {shortcut.keys.map((key) => (
                  <Kbd key={key}>{key}</Kbd>
                ))}
              </Group>
            </dt>
            <dd>
              <Text fz="sm">{shortcut.action}</Text>
            </dd>
          </Fragment>
        ))}
      </dl>
    </Modal>
  );
}
