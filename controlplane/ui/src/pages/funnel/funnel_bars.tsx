// SPDX-License-Identifier: LicenseRef-Project
// The funnel's bars: filled for people who got here, hatched for those who dropped off.
import { Group, Text } from '@mantine/core';
import { Clock, MoveRight, TrendingDown } from 'lucide-react';
import type { CSSProperties } from 'react';
import { Letter } from '@/components/letter';
import { formatDuration, formatNumber, formatShare } from '@/logic/format';
import { cssShare, referenceCount, type FunnelStep, type Reference } from '@/logic/funnel';

interface FunnelBarsProps {
  steps: FunnelStep[];
  reference: Reference;
}

function share(part: number, whole: number): CSSProperties {
  return { '--share': cssShare(part, whole) } as CSSProperties;
}

function Bar({ step, reference }: { step: FunnelStep; reference: Reference }) {
  const whole = referenceCount(step, reference);
  return (
    <div
      className="funnel_bar"
      role="img"
      aria-label={`${step.name}: ${formatShare(step.count, whole)}`}
    >
      <div className="funnel_bar_dropped" style={share(step.previousCount, whole)} />
      <div className="funnel_bar_converted" style={share(step.count, whole)} />
    </div>
  );
}

function StepFacts({ step }: { step: FunnelStep }) {
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

export function FunnelBars({ steps, reference }: FunnelBarsProps) {
  return (
    <div className="funnel" tabIndex={0} role="group" aria-label="Funnel steps">
      {steps.map((step) => (
        <div className="funnel_step" key={step.index}>
          <Group gap={8} wrap="nowrap" mb={8} align="flex-start">
            <Letter text={String(step.index + 1)} colorIndex={0} />
            <Text fz="sm" fw={600} lineClamp={2} lh={1.35} pt={1} title={step.name}>
              {step.name}
            </Text>
          </Group>
          <Bar step={step} reference={reference} />
          <Group gap={8} mt={10} align="baseline" className="numeric">
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
          <div className="numeric" style={{ marginTop: 4 }}>
            <StepFacts step={step} />
          </div>
        </div>
      ))}
    </div>
  );
}
