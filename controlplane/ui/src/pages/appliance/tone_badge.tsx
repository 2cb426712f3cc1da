// SPDX-License-Identifier: LicenseRef-Project
// A state in words, with a color that repeats what the words say.
import { Badge } from '@mantine/core';
import { kToneColors, type Label } from '@/logic/appliance';

export function ToneBadge({ label }: { label: Label }) {
  return (
    <Badge
      variant="light"
      color={kToneColors[label.tone]}
      tt="none"
      fw={550}
      styles={{ label: { color: 'var(--mantine-color-text)' }, root: { flexShrink: 0 } }}
    >
      {label.text}
    </Badge>
  );
}
