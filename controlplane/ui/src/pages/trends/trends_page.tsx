// SPDX-License-Identifier: LicenseRef-Project
// Trends: how often events happen over time.
import { Group, NativeSelect, SegmentedControl, Text } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { ChartLine } from 'lucide-react';
import { useMemo } from 'react';
import { useAnsweredState, useTrends } from '@/api/query';
import { useProject } from '@/api/project';
import type { DateRange, InsightResponse, TrendsResult } from '@/api/types';
import { DateRangePicker } from '@/components/date_range_picker';
import { EmptyState } from '@/components/empty_state';
import { PageHeader } from '@/components/page_header';
import { QueryFrame } from '@/components/query_frame';
import { Surface } from '@/components/surface';
import { firstIncomplete, formatPeriod, suggestInterval, zonedNow } from '@/logic/date_range';
import { asOneOf } from '@/logic/json_guard';
import {
  buildTrendsQuery,
  kDisplays,
  kIntervals,
  parseTrendsState,
  toLines,
  trendsSubtitle,
  trendsTitle,
  type TrendsState,
} from '@/logic/trends';
import { useUrlState } from '@/logic/url_state';
import { TrendsBuilder } from './trends_builder';
import { TrendsChart } from './trends_chart';
import { TrendsTable } from './trends_table';

const kSettleMs = 250;

interface ControlsProps {
  state: TrendsState;
  onChange: (change: Partial<TrendsState>) => void;
}

function Controls({ state, onChange }: ControlsProps) {
  const changeRange = (range: DateRange) => onChange({ range, interval: suggestInterval(range) });
  return (
    <Group gap="xs" justify="space-between" mb="md">
      <Group gap="xs">
        <DateRangePicker value={state.range} onChange={changeRange} />
        <NativeSelect
          size="sm"
          aria-label="Interval"
          data={kIntervals.map((interval) => ({ value: interval, label: `By ${interval}` }))}
          value={state.interval}
          onChange={(event) =>
            onChange({ interval: asOneOf(event.currentTarget.value, kIntervals, 'day') })
          }
        />
      </Group>
      <SegmentedControl
        size="sm"
        aria-label="Chart type"
        data={[
          { value: 'line', label: 'Line' },
          { value: 'bar', label: 'Bar' },
          { value: 'area', label: 'Area' },
        ]}
        value={state.display}
        onChange={(display) => onChange({ display: asOneOf(display, kDisplays, 'line') })}
      />
    </Group>
  );
}

function TrendsResultView({ state, data }: { state: TrendsState; data: InsightResponse<TrendsResult> }) {
  const { timezone } = useProject();
  const view = useMemo(() => {
    const days = data.results[0]?.days ?? [];
    return {
      lines: toLines(state, data.results),
      periods: days.map((day) => formatPeriod(day, state.interval)),
      incompleteFrom: firstIncomplete(days, state.interval, zonedNow(timezone, new Date())),
    };
  }, [state, data, timezone]);
  if (view.lines.every((line) => line.total === 0)) {
    return (
      <EmptyState
        icon={ChartLine}
        title="No matching events in this range"
        hint="Choose a longer date range or another event, or check under Live events that events arrive."
      />
    );
  }
  return (
    <>
      <TrendsChart {...view} display={state.display} />
      <div style={{ marginTop: 16 }}>
        <TrendsTable state={state} {...view} />
      </div>
      <Text c="dimmed" fz="xs" mt="sm">
        Periods in {timezone}.{' '}
        {view.incompleteFrom < view.periods.length && '* Not over yet, drawn dotted.'}
        {data.hasMore === true && ' Only the largest breakdown values are shown.'}
      </Text>
    </>
  );
}

export default function TrendsPage() {
  const [state, setState] = useUrlState(parseTrendsState);
  const [settled] = useDebouncedValue(state, kSettleMs);
  const query = useTrends(buildTrendsQuery(settled), true);
  const answered = useAnsweredState(settled, query);
  return (
    <>
      <PageHeader title={trendsTitle(state)} description={trendsSubtitle(state)} tab="Trends" />
      <div className="insight">
        <TrendsBuilder state={state} onChange={setState} />
        <Surface>
          <Controls state={state} onChange={setState} />
          <QueryFrame query={query}>
            {(data) => <TrendsResultView state={answered} data={data} />}
          </QueryFrame>
        </Surface>
      </div>
    </>
  );
}
