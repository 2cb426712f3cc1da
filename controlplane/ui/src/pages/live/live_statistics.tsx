// SPDX-License-Identifier: LicenseRef-Project
// State of the stream, events per second, users of the last five minutes.
import { Group, Text } from '@mantine/core';
import type { StreamStatus } from '@/api/live_stream';
import { formatNumber } from '@/logic/format';
import { useRecentUsers } from './use_recent_users';

interface LiveStatisticsProps {
  status: StreamStatus;
  rate: number;
  paused: boolean;
}

const kStatus: Record<StreamStatus, { label: string; color: string }> = {
  connecting: { label: 'Connecting', color: 'var(--mantine-color-yellow-6)' },
  open: { label: 'Live', color: 'var(--mantine-color-teal-6)' },
  lost: { label: 'Reconnecting', color: 'var(--mantine-color-red-6)' },
};

function Figure({ value, label }: { value: string; label: string }) {
  return (
    <div>
      <Text fz={20} fw={650} lh={1.2} className="numeric">
        {value}
      </Text>
      <Text fz="xs" c="dimmed">
        {label}
      </Text>
    </div>
  );
}

export function LiveStatistics({ status, rate, paused }: LiveStatisticsProps) {
  const users = useRecentUsers();
  const shown = paused
    ? { label: 'Paused', color: 'var(--mantine-color-gray-5)' }
    : kStatus[status];
  return (
    <Group gap={28} className="surface" px="md" py={10}>
      <Group gap={8} role="status" miw={64}>
        <span className="live_dot" style={{ background: shown.color }} />
        <Text fz="sm" fw={550}>
          {shown.label}
        </Text>
      </Group>
      <Figure value={formatNumber(Number(rate.toFixed(1)))} label="events/s" />
      <Figure
        value={users.data === undefined ? '–' : formatNumber(users.data)}
        label="users, last 5 min"
      />
    </Group>
  );
}
