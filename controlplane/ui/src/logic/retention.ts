// SPDX-License-Identifier: LicenseRef-Project
// State of the retention page, its query, and the grid made of the answer.
import type { RetentionQuery, RetentionRow } from '@/api/types';
import { asInteger, asObject, asOneOf, asStringOrNull } from './json_guard';

export const kPeriods = ['Day', 'Week'] as const;
export type Period = (typeof kPeriods)[number];
export const kKinds = ['first_time', 'recurring'] as const;
export type RetentionKind = (typeof kKinds)[number];
export const kUnits = ['percent', 'count'] as const;
export type RetentionUnit = (typeof kUnits)[number];
export const kPeriodCountMin = 2;
export const kPeriodCountMax = 31;

export interface RetentionState {
  startEvent: string | null;
  returnEvent: string | null;
  kind: RetentionKind;
  period: Period;
  periodCount: number;
  unit: RetentionUnit;
}

/** `future` cells have not begun; an `unfinished` one is the period that now lies in. */
export type CellState = 'finished' | 'unfinished' | 'future';

export interface RetentionCell {
  count: number;
  /** Of the cohort's size, 0 to 1; null for an empty cohort. */
  share: number | null;
  state: CellState;
}

export interface RetentionGridRow {
  date: string;
  size: number;
  cells: RetentionCell[];
}

export interface RetentionGrid {
  rows: RetentionGridRow[];
  /** Weighted mean of each column over finished cells; null where there is none. */
  means: (number | null)[];
  totalSize: number;
}

export function parseRetentionState(value: unknown): RetentionState {
  const object = asObject(value);
  return {
    startEvent: asStringOrNull(object['startEvent']),
    returnEvent: asStringOrNull(object['returnEvent']),
    kind: asOneOf(object['kind'], kKinds, 'first_time'),
    period: asOneOf(object['period'], kPeriods, 'Day'),
    periodCount: asInteger(object['periodCount'], 8, kPeriodCountMin, kPeriodCountMax),
    unit: asOneOf(object['unit'], kUnits, 'percent'),
  };
}

export function canRunRetention(state: RetentionState): boolean {
  return state.startEvent !== null && state.returnEvent !== null;
}

export function buildRetentionQuery(state: RetentionState): RetentionQuery {
  const entity = (event: string | null) => ({ id: event, name: event ?? '', type: 'events' as const });
  return {
    kind: 'RetentionQuery',
    retentionFilter: {
      period: state.period,
      totalIntervals: state.periodCount,
      targetEntity: entity(state.startEvent),
      returningEntity: entity(state.returnEvent),
      retentionType:
        state.kind === 'first_time' ? 'retention_first_time' : 'retention_recurring',
    },
  };
}

export function retentionTitle(state: RetentionState): string {
  return canRunRetention(state)
    ? `Return to ${state.returnEvent} after ${state.startEvent}`
    : 'Retention';
}

/** The newest cohort is the running period, so row i has run for count - 1 - i whole periods. */
function cellState(row: number, column: number, periodCount: number): CellState {
  const last = periodCount - 1;
  if (row + column > last) {
    return 'future';
  }
  return row + column === last && column > 0 ? 'unfinished' : 'finished';
}

function weightedMean(rows: RetentionGridRow[], column: number): number | null {
  let returned = 0;
  let size = 0;
  for (const row of rows) {
    const cell = row.cells[column];
    if (cell !== undefined && cell.state === 'finished') {
      returned += cell.count;
      size += row.size;
    }
  }
  return size === 0 ? null : returned / size;
}

export function toRetentionGrid(results: RetentionRow[]): RetentionGrid {
  const rows = results.map((result, rowIndex) => {
    const size = result.values[0]?.count ?? 0;
    const cells = result.values.map((value, column) => ({
      count: value.count,
      share: size === 0 ? null : value.count / size,
      state: cellState(rowIndex, column, results.length),
    }));
    return { date: result.date, size, cells };
  });
  const columns = rows[0]?.cells.length ?? 0;
  return {
    rows,
    means: Array.from({ length: columns }, (_, column) => weightedMean(rows, column)),
    totalSize: rows.reduce((sum, row) => sum + row.size, 0),
  };
}

/** "Nov 9" or "Nov 9 – 15" for a cohort that starts on `date` (read as the server wrote it). */
export function cohortLabel(date: string, period: Period): string {
  const start = new Date(`${date.slice(0, 10)}T00:00:00Z`);
  if (Number.isNaN(start.getTime())) {
    return date;
  }
  const format = (day: Date) =>
    day.toLocaleDateString('en-US', { month: 'short', day: 'numeric', timeZone: 'UTC' });
  if (period === 'Day') {
    return format(start);
  }
  const end = new Date(start.getTime() + 6 * 86_400_000);
  return `${format(start)} – ${format(end)}`;
}
