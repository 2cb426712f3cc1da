// SPDX-License-Identifier: LicenseRef-Project
// Funnel: how many people get from step to step.
import { Group, SegmentedControl, Text } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { Filter, ListPlus } from 'lucide-react';
import { useMemo } from 'react';
import { useFunnel } from '@/api/query';
import type { FunnelStepResult } from '@/api/types';
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
  toFunnelSteps,
  type FunnelState,
} from '@/logic/funnel';
import { asOneOf } from '@/logic/json_guard';
import { newSeries } from '@/logic/series';
import { useUrlState } from '@/logic/url_state';
import { FunnelBars } from './funnel_bars';
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

function Summary({ results }: { results: FunnelStepResult[] }) {
  const steps = toFunnelSteps(results);
  const first = steps[0];
  const last = steps[steps.length - 1];
  if (first === undefined || last === undefined) {
    return null;
  }
  const totalMedian = results[results.length - 1]?.total_median_conversion_time;
  return (
    <Text fz="sm" mb="md" className="numeric">
      <b>{formatShare(last.count, first.count)}</b> converted: {formatNumber(last.count)} of{' '}
      {pluralize(first.count, 'person').replace('persons', 'people')}
      {typeof totalMedian === 'number' && `, median ${formatDuration(totalMedian)}`}
    </Text>
  );
}

interface FunnelResultProps {
  state: FunnelState;
  results: FunnelStepResult[];
}

function FunnelResult({ state, results }: FunnelResultProps) {
  const steps = useMemo(() => toFunnelSteps(results), [results]);
  if ((steps[0]?.count ?? 0) === 0) {
    return (
      <EmptyState
        icon={Filter}
        title="Nobody entered this funnel"
        hint="No one did step 1 in this date range. Choose a longer range or another first event."
      />
    );
  }
  const unit = pluralize(state.windowAmount, state.windowUnit);
  return (
    <>
      <Summary results={results} />
      <FunnelBars steps={steps} reference={state.reference} />
      <div style={{ marginTop: 16 }}>
        <FunnelTable steps={steps} />
      </div>
      <Text c="dimmed" fz="xs" mt="sm">
        Ordered; each person has {unit} from step 1. Times are from the previous step.
      </Text>
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
  return (
    <>
      <PageHeader title={funnelTitle(state)} description={describeRange(state.range)} tab="Funnel" />
      <div className="insight">
        <FunnelBuilder state={state} onChange={setState} />
        <Surface>
          <Controls state={state} onChange={setState} />
          {isReady ? (
            <QueryFrame query={query}>
              {(data) => <FunnelResult state={state} results={data.results} />}
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
