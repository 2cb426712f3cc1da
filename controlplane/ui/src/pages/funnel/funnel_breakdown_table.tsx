// SPDX-License-Identifier: LicenseRef-Project
// The numbers of a funnel with a breakdown: a row for each value, a column for each step.
import { Group, Text } from '@mantine/core';
import { ColorDot } from '@/components/color_dot';
import { formatDuration, formatNumber, formatShare } from '@/logic/format';
import {
  kGroupsDrawnMax,
  referenceCount,
  type FunnelGroup,
  type Reference,
} from '@/logic/funnel';

interface FunnelBreakdownTableProps {
  groups: FunnelGroup[];
  reference: Reference;
}

function Row({ group, reference }: { group: FunnelGroup; reference: Reference }) {
  return (
    <tr>
      <th scope="row" className="sticky">
        <Group gap={8} wrap="nowrap">
          {group.index < kGroupsDrawnMax && <ColorDot colorIndex={group.index} />}
          <Text fz="sm" fw={550} truncate maw={220}>
            {group.name}
          </Text>
        </Group>
      </th>
      {group.steps.map((step) => (
        <td className="right" key={step.index}>
          {formatNumber(step.count)}
          {step.index > 0 && ` (${formatShare(step.count, referenceCount(step, reference))})`}
        </td>
      ))}
      <td className="right">{formatDuration(group.totalMedianSeconds)}</td>
    </tr>
  );
}

export function FunnelBreakdownTable({ groups, reference }: FunnelBreakdownTableProps) {
  return (
    <div className="table_scroll" tabIndex={0} role="region" aria-label="Funnel numbers">
      <table className="data_table numeric">
        <thead>
          <tr>
            <th scope="col" className="sticky">
              Value
            </th>
            {groups[0]?.steps.map((step) => (
              <th scope="col" className="right" key={step.index}>
                {step.index + 1}. {step.name}
              </th>
            ))}
            <th scope="col" className="right">
              Median, all steps
            </th>
          </tr>
        </thead>
        <tbody>
          {groups.map((group) => (
            <Row key={group.index} group={group} reference={reference} />
          ))}
        </tbody>
      </table>
    </div>
  );
}
