// SPDX-License-Identifier: LicenseRef-Project
// The product's mark and name.
import { Group, Text } from '@mantine/core';

export function Logo({ size = 28 }: { size?: number }) {
  return (
    <Group gap={10} wrap="nowrap">
      <svg width={size} height={size} viewBox="0 0 32 32" aria-hidden>
        <rect width="32" height="32" rx="8" fill="#0b6e67" />
        <g stroke="#fff" strokeWidth="3" strokeLinecap="round">
          <path d="M8 23v-5" />
          <path d="M13.3 23V12" />
          <path d="M18.7 23v-8" />
          <path d="M24 23V8" stroke="#8ef0d8" />
        </g>
      </svg>
      <Text component="span" fw={700} fz={size * 0.66} lh={1} style={{ letterSpacing: '-0.02em' }}>
        Bristle
      </Text>
    </Group>
  );
}
