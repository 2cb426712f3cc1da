// SPDX-License-Identifier: LicenseRef-Project
// Retention: how many people come back, by the period they started in.
import { Group, NativeSelect, NumberInput, SegmentedControl, Text } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { Grid3x3, ListPlus } from 'lucide-react';
import { useMemo } from 'react';
import { useAnsweredState, useRetention } from '@/api/query';
import { useProject } from '@/api/project';
import type { RetentionRow } from '@/api/types';
import { EmptyState } from '@/components/empty_state';
import { PageHeader } from '@/components/page_header';
import { QueryFrame } from '@/components/query_frame';
import { Surface } from '@/components/surface';
import { asOneOf } from '@/logic/json_guard';
import {
  buildRetentionQuery,
  canRunRetention,
  kPeriodCountMax,
  kPeriodCountMin,
  kPeriods,
  kUnits,
  parseRetentionState,
  retentionTitle,
  toRetentionGrid,
  type RetentionState,
  type RetentionUnit,
} from '@/logic/retention';
import { useUrlState } from '@/logic/url_state';
import { RetentionBuilder } from './retention_builder';
import { RetentionTable } from './retention_table';

const kSettleMs = 250;

interface ControlsProps {
  state: RetentionState;
  onChange: (change: Partial<RetentionState>) => void;
}

function Controls({ state, onChange }: ControlsProps) {
  return (
    <Group gap="xs" justify="space-between" mb="md">
      <Group gap="xs">
        <Text fz="sm">Last</Text>
        <NumberInput
          size="sm"
          w={84}
          aria-label="Number of periods"
          min={kPeriodCountMin}
          max={kPeriodCountMax}
          allowDecimal={false}
          value={state.periodCount}
          onChange={(value) => {
            if (
              typeof value === 'number' &&
              value >= kPeriodCountMin &&
              value <= kPeriodCountMax
            ) {
              onChange({ periodCount: value });
            }
          }}
        />
        <NativeSelect
          size="sm"
          aria-label="Period"
          data={kPeriods.map((period) => ({ value: period, label: `${period.toLowerCase()}s` }))}
          value={state.period}
          onChange={(event) =>
            onChange({ period: asOneOf(event.currentTarget.value, kPeriods, 'Day') })
          }
        />
      </Group>
      <SegmentedControl
        size="sm"
        aria-label="Cells show"
        data={[
          { value: 'percent', label: 'Percent' },
          { value: 'count', label: 'Count' },
        ]}
        value={state.unit}
        onChange={(unit) => onChange({ unit: asOneOf(unit, kUnits, 'percent') })}
      />
    </Group>
  );
}

interface RetentionResultProps {
  /** The state that the results answer. */
  state: RetentionState;
  unit: RetentionUnit;
  results: RetentionRow[];
}

function RetentionResult({ state, unit, results }: RetentionResultProps) {
  const { timezone } = useProject();
  const grid = useMemo(() => toRetentionGrid(results), [results]);
  if (grid.totalSize === 0) {
    return (
      <EmptyState
        icon={Grid3x3}
        title="No cohorts in this range"
        hint="Nobody did the start event in these periods. Choose more periods or another start event."
      />
    );
  }
  const period = state.period.toLowerCase();
  return (
    <>
      <RetentionTable grid={grid} period={state.period} unit={unit} />
      <Text c="dimmed" fz="xs" mt="md">
        Periods are calendar {period}s in {timezone}. A cell is the share of the cohort that did the
        return event in that {period}; {state.period} 0 is the cohort itself. * Not over yet, and
        left out of the mean, which is weighted by cohort size.
      </Text>
    </>
  );
}

export default function RetentionPage() {
  const [state, setState] = useUrlState(parseRetentionState);
  const [settled] = useDebouncedValue(state, kSettleMs);
  const isReady = canRunRetention(settled);
  const query = useRetention(buildRetentionQuery(settled), isReady);
  const answered = useAnsweredState(settled, query);
  const description = `${state.kind === 'first_time' ? 'First-time' : 'Recurring'}, last ${state.periodCount} ${state.period.toLowerCase()}s`;
  return (
    <>
      <PageHeader title={retentionTitle(state)} description={description} tab="Retention" />
      <div className="insight">
        <RetentionBuilder state={state} onChange={setState} />
        <Surface>
          <Controls state={state} onChange={setState} />
          {isReady ? (
            <QueryFrame query={query}>
              {(data) => <RetentionResult state={answered} unit={state.unit} results={data.results} />}
            </QueryFrame>
          ) : (
            <EmptyState
              icon={ListPlus}
              title="Choose the two events"
              hint="Pick what starts a cohort and what counts as coming back; the grid appears by itself."
            />
          )}
        </Surface>
      </div>
    </>
  );
}
