// SPDX-License-Identifier: LicenseRef-Project
// Arrays and disks, what fills the data disk, and memory.
import { Group, Progress, Stack, Text, useComputedColorScheme } from '@mantine/core';
import type { Disk, Health, RaidArray } from '@/api/appliance';
import { ColorDot } from '@/components/color_dot';
import { Surface } from '@/components/surface';
import { arrayLabel, formatBytes, percent, syncText } from '@/logic/appliance';
import { formatShare } from '@/logic/format';
import { kSeriesColors } from '@/theme';
import { ToneBadge } from './tone_badge';

function ArrayRow({ array }: { array: RaidArray }) {
  const sync = syncText(array);
  return (
    <div>
      <Group justify="space-between" wrap="nowrap">
        <Text fz="sm" fw={550}>
          {array.name}
        </Text>
        <ToneBadge label={arrayLabel(array)} />
      </Group>
      <Text fz="xs" c="dimmed">
        {array.members.map((member) => `${member.disk} ${member.state.replace('_', ' ')}`).join(', ')}
      </Text>
      {sync !== null && (
        <>
          <Progress
            mt={6}
            value={percent(array.sync?.progress ?? 0, 1)}
            aria-label={`Progress of ${array.name}`}
          />
          <Text fz="xs" c="dimmed" mt={4} className="numeric">
            {sync}
          </Text>
        </>
      )}
    </div>
  );
}

const kRoles: Record<Disk['role'], string> = {
  member: 'In the arrays',
  blank: 'Blank',
  foreign: 'Holds something else',
};

function DisksTable({ disks }: { disks: Disk[] }) {
  return (
    <div className="table_scroll">
      <table className="data_table" aria-label="Disks">
        <thead>
          <tr>
            <th scope="col">Disk</th>
            <th scope="col">Model and serial</th>
            <th scope="col" className="right">
              Size
            </th>
            <th scope="col">Use</th>
          </tr>
        </thead>
        <tbody>
          {disks.map((disk) => (
            <tr key={disk.name}>
              <th scope="row">{disk.name}</th>
              <td>
                {disk.model}
                <Text fz="xs" c="dimmed" ff="monospace">
                  {disk.serial}
                </Text>
              </td>
              <td className="right numeric">{formatBytes(disk.size_bytes)}</td>
              <td>
                {kRoles[disk.role]}
                {disk.boot && ', can boot'}
                {disk.text !== '' && (
                  <Text fz="xs" c="dimmed">
                    {disk.text}
                  </Text>
                )}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

export function RaidCard({ raid }: { raid: Health['raid'] }) {
  return (
    <Surface title="Arrays and disks">
      {raid.arrays.length === 0 && (
        <Text fz="sm" c="dimmed">
          This machine has no arrays of its own.
        </Text>
      )}
      <Stack gap="sm" mb={raid.disks.length > 0 ? 'md' : 0}>
        {raid.arrays.map((array) => (
          <ArrayRow key={array.name} array={array} />
        ))}
      </Stack>
      {raid.disks.length > 0 && <DisksTable disks={raid.disks} />}
    </Surface>
  );
}

export function DiskBudgetCard({ budget }: { budget: Health['disk_budget'] }) {
  const colors = kSeriesColors[useComputedColorScheme('light')];
  return (
    <Surface title="Data disk">
      <Text fz="sm" mb={8} className="numeric">
        {formatBytes(budget.used_bytes)} of {formatBytes(budget.size_bytes)} used (
        {formatShare(budget.used_bytes, budget.size_bytes)})
      </Text>
      <Progress.Root size={18} radius="sm">
        {budget.parts.map((part, index) => (
          <Progress.Section
            key={part.name}
            value={percent(part.bytes, budget.size_bytes)}
            color={colors[index % colors.length]}
            aria-label={part.name}
          />
        ))}
      </Progress.Root>
      <Stack component="ul" gap={4} mt="sm" p={0} style={{ listStyle: 'none' }}>
        {budget.parts.map((part, index) => (
          <Group key={part.name} component="li" justify="space-between" wrap="nowrap">
            <Group gap={8} wrap="nowrap">
              <ColorDot colorIndex={index} />
              <Text fz="sm">{part.name}</Text>
            </Group>
            <Text fz="sm" className="numeric">
              {formatBytes(part.bytes)}
            </Text>
          </Group>
        ))}
      </Stack>
    </Surface>
  );
}

export function MemoryCard({ memory }: { memory: Health['memory'] }) {
  const used = memory.total_bytes - memory.available_bytes;
  return (
    <Surface title="Memory">
      <Text fz="sm" mb={8} className="numeric">
        {formatBytes(used)} of {formatBytes(memory.total_bytes)} used
      </Text>
      <Progress
        size={18}
        radius="sm"
        value={percent(used, memory.total_bytes)}
        aria-label="Memory used"
      />
    </Surface>
  );
}
