// SPDX-License-Identifier: LicenseRef-Project
// Funnel: how many people get from step to step.
import { Group, SegmentedControl, Text } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { Filter, ListPlus } from 'lucide-react';
import { useMemo } from 'react';
import { useAnsweredState, useFunnel } from '@/api/query';
import type { FunnelResult } from '@/api/types';
import { DateRangePicker } from '@/components/date_range_picker';
import { EmptyState } from '@/components/empty_state';
import { PageHeader } from '@/components/page_header';
import { QueryFrame } from '@/components/query_frame';
import { Surface } from '@/components/surface';
import { describeRange } from '@/logic/date_range';
import { formatDuration, formatNumber, formatShare, pluralize } from '@/logic/format';
import {
  buildFunnelQuery,
  canRunFunnel,
  funnelTitle,
  kReferences,
  kStepsMin,
  parseFunnelState,
  toFunnelGroups,
  type FunnelGroup,
  type FunnelState,
  type Reference,
} from '@/logic/funnel';
import { asOneOf } from '@/logic/json_guard';
import { newSeries } from '@/logic/series';
import { useUrlState } from '@/logic/url_state';
import { FunnelBars } from './funnel_bars';
import { FunnelBreakdownTable } from './funnel_breakdown_table';
import { FunnelBuilder } from './funnel_builder';
import { FunnelTable } from './funnel_table';

const kSettleMs = 250;

/** The builder always shows two steps, even if the address names fewer. */
function parseState(value: unknown): FunnelState {
  const state = parseFunnelState(value);
  const steps = [...state.steps];
  while (steps.length < kStepsMin) {
    steps.push(newSeries(null));
  }
  return { ...state, steps };
}

/** "9.5% converted: 402 of 4,218 people, median 2 h 3 m", over all groups. */
function Summary({ groups }: { groups: FunnelGroup[] }) {
  const sum = (pick: (group: FunnelGroup) => number | undefined) =>
    groups.reduce((total, group) => total + (pick(group) ?? 0), 0);
  const entered = sum((group) => group.steps[0]?.count);
  const converted = sum((group) => group.steps[group.steps.length - 1]?.count);
  const median = groups.length === 1 ? groups[0]?.totalMedianSeconds : null;
  return (
    <Text fz="sm" mb="md" className="numeric">
      <b>{formatShare(converted, entered)}</b> converted: {formatNumber(converted)} of{' '}
      {formatNumber(entered)} {entered === 1 ? 'person' : 'people'}
      {typeof median === 'number' && `, median ${formatDuration(median)}`}
    </Text>
  );
}

function Rule({ state }: { state: FunnelState }) {
  const unit = pluralize(state.windowAmount, state.windowUnit);
  return (
    <Text c="dimmed" fz="xs" mt="sm">
      Ordered; each person has {unit} from step 1. Times are from the previous step.
      {state.breakdown !== null &&
        ` People are grouped by the first ${state.breakdown} of their matching events.`}
    </Text>
  );
}

interface FunnelResultProps {
  /** The state that the results answer. */
  state: FunnelState;
  reference: Reference;
  results: FunnelResult[];
}

function FunnelResultView({ state, reference, results }: FunnelResultProps) {
  const groups = useMemo(() => toFunnelGroups(results), [results]);
  const first = groups[0];
  if (first === undefined || (first.steps[0]?.count ?? 0) === 0) {
    return (
      <EmptyState
        icon={Filter}
        title="Nobody entered this funnel"
        hint="No one did step 1 in this date range. Choose a longer range or another first event."
      />
    );
  }
  return (
    <>
      <Summary groups={groups} />
      <FunnelBars groups={groups} reference={reference} />
      <div style={{ marginTop: 16 }}>
        {first.name === null ? (
          <FunnelTable steps={first.steps} />
        ) : (
          <FunnelBreakdownTable groups={groups} reference={reference} />
        )}
      </div>
      <Rule state={state} />
    </>
  );
}

function Controls({
  state,
  onChange,
}: {
  state: FunnelState;
  onChange: (change: Partial<FunnelState>) => void;
}) {
  return (
    <Group gap="xs" justify="space-between" mb="md">
      <DateRangePicker value={state.range} onChange={(range) => onChange({ range })} />
      <SegmentedControl
        size="sm"
        aria-label="Conversion shown"
        data={[
          { value: 'overall', label: 'Of step 1' },
          { value: 'relative', label: 'Of previous step' },
        ]}
        value={state.reference}
        onChange={(value) => onChange({ reference: asOneOf(value, kReferences, 'overall') })}
      />
    </Group>
  );
}

export default function FunnelPage() {
  const [state, setState] = useUrlState(parseState);
  const [settled] = useDebouncedValue(state, kSettleMs);
  const isReady = canRunFunnel(settled);
  const query = useFunnel(buildFunnelQuery(settled), isReady);
  const answered = useAnsweredState(settled, query);
  return (
    <>
      <PageHeader title={funnelTitle(state)} description={describeRange(state.range)} tab="Funnel" />
      <div className="insight">
        <FunnelBuilder state={state} onChange={setState} />
        <Surface>
          <Controls state={state} onChange={setState} />
          {isReady ? (
            <QueryFrame query={query}>
              {(data) => (
                <FunnelResultView
                  state={answered}
                  reference={state.reference}
                  results={data.results}
                />
              )}
            </QueryFrame>
          ) : (
            <EmptyState
              icon={ListPlus}
              title="Choose the steps"
              hint="Pick an event for every step; the funnel runs by itself once all steps have one."
            />
          )}
        </Surface>
      </div>
    </>
  );
}
