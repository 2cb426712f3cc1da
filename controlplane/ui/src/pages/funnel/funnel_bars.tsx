// SPDX-License-Identifier: LicenseRef-Project
// The funnel's bars: filled for people who got here, hatched for those who dropped off. With a
// breakdown each step has a bar for each value.
import { Group, Text, useComputedColorScheme } from '@mantine/core';
import { Clock, MoveRight, TrendingDown } from 'lucide-react';
import type { CSSProperties } from 'react';
import { ColorDot } from '@/components/color_dot';
import { Letter } from '@/components/letter';
import { formatDuration, formatNumber, formatShare } from '@/logic/format';
import {
  cssShare,
  kGroupsDrawnMax,
  referenceCount,
  type FunnelGroup,
  type FunnelStep,
  type Reference,
} from '@/logic/funnel';
import { kSeriesColors } from '@/theme';

interface FunnelBarsProps {
  groups: FunnelGroup[];
  reference: Reference;
}

interface StepInGroup {
  group: FunnelGroup;
  step: FunnelStep;
}

function share(part: number, whole: number): CSSProperties {
  return { '--share': cssShare(part, whole) } as CSSProperties;
}

function Bar({ group, step, reference }: StepInGroup & { reference: Reference }) {
  const colors = kSeriesColors[useComputedColorScheme('light')];
  const whole = referenceCount(step, reference);
  const name = group.name === null ? step.name : `${step.name}, ${group.name}`;
  const background = group.name === null ? undefined : colors[group.index % colors.length];
  return (
    <div className="funnel_bar" role="img" aria-label={`${name}: ${formatShare(step.count, whole)}`}>
      <div className="funnel_bar_dropped" style={share(step.previousCount, whole)} />
      <div className="funnel_bar_converted" style={{ ...share(step.count, whole), background }} />
    </div>
  );
}

function DropOff({ step }: { step: FunnelStep }) {
  if (step.index === 0) {
    return (
      <Text fz="xs" c="dimmed" mih={38}>
        Entered the funnel
      </Text>
    );
  }
  return (
    <>
      <Group gap={6} wrap="nowrap" c="dimmed">
        <TrendingDown size={13} style={{ flex: 'none' }} aria-hidden />
        <Text fz="xs">
          {formatNumber(step.dropped)} left ({formatShare(step.dropped, step.previousCount)})
        </Text>
      </Group>
      <Group gap={6} wrap="nowrap" c="dimmed">
        <Clock size={13} style={{ flex: 'none' }} aria-hidden />
        <Text fz="xs">Median {formatDuration(step.medianSeconds)}</Text>
      </Group>
    </>
  );
}

/** What is written under the bar when there is one. */
function StepFacts({ step, reference }: { step: FunnelStep; reference: Reference }) {
  return (
    <>
      <Group gap={8} mt={10} align="baseline">
        <Text fz={20} fw={650} lh={1.2}>
          {formatShare(step.count, referenceCount(step, reference))}
        </Text>
        <Group gap={5} c="dimmed" wrap="nowrap">
          <MoveRight size={13} style={{ flex: 'none' }} aria-hidden />
          <Text fz="xs">
            {formatNumber(step.count)} {step.count === 1 ? 'person' : 'people'}
          </Text>
        </Group>
      </Group>
      <div style={{ marginTop: 4 }}>
        <DropOff step={step} />
      </div>
    </>
  );
}

/** What is written under the bars of a breakdown: a line for each value. */
function GroupFacts({ entries, reference }: { entries: StepInGroup[]; reference: Reference }) {
  return (
    <div style={{ marginTop: 8 }}>
      {entries.map(({ group, step }) => (
        <Group key={group.index} gap={7} wrap="nowrap">
          <ColorDot colorIndex={group.index} />
          <Text fz="sm" fw={600}>
            {formatShare(step.count, referenceCount(step, reference))}
          </Text>
          <Text fz="xs" c="dimmed" truncate>
            {formatNumber(step.count)}
          </Text>
        </Group>
      ))}
    </div>
  );
}

function Legend({ groups }: { groups: FunnelGroup[] }) {
  return (
    <Group gap={18} mb="sm">
      {groups.map((group) => (
        <Group key={group.index} gap={7} wrap="nowrap">
          <ColorDot colorIndex={group.index} />
          <Text fz="sm">{group.name}</Text>
        </Group>
      ))}
    </Group>
  );
}

interface StepColumnProps {
  entries: StepInGroup[];
  reference: Reference;
}

function StepColumn({ entries, reference }: StepColumnProps) {
  const first = entries[0];
  if (first === undefined) {
    return null;
  }
  const { step } = first;
  return (
    <div className="funnel_step">
      <Group gap={8} wrap="nowrap" mb={8} align="flex-start">
        <Letter text={String(step.index + 1)} colorIndex={0} />
        <Text fz="sm" fw={600} lineClamp={2} lh={1.35} pt={1} title={step.name}>
          {step.name}
        </Text>
      </Group>
      <div className="funnel_bars">
        {entries.map((entry) => (
          <Bar key={entry.group.index} {...entry} reference={reference} />
        ))}
      </div>
      <div className="numeric">
        {first.group.name === null ? (
          <StepFacts step={step} reference={reference} />
        ) : (
          <GroupFacts entries={entries} reference={reference} />
        )}
      </div>
    </div>
  );
}

export function FunnelBars({ groups, reference }: FunnelBarsProps) {
  const drawn = groups.slice(0, kGroupsDrawnMax);
  const stepCount = drawn[0]?.steps.length ?? 0;
  const columns = Array.from({ length: stepCount }, (_, index) =>
    drawn.flatMap((group) => {
      const step = group.steps[index];
      return step === undefined ? [] : [{ group, step }];
    }),
  );
  return (
    <>
      {drawn[0]?.name !== null && <Legend groups={drawn} />}
      <div className="funnel" tabIndex={0} role="group" aria-label="Funnel steps">
        {columns.map((entries, index) => (
          <StepColumn key={index} entries={entries} reference={reference} />
        ))}
      </div>
    </>
  );
}
