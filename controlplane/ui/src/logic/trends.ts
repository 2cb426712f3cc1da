// SPDX-License-Identifier: LicenseRef-Project
// State of the trends page, its query, and the lines and rows made of the answer.
import type { DateRange, Interval, TrendsQuery, TrendsResult } from '@/api/types';
import { breakdownLabel } from './breakdown';
import { describeRange, parseRange } from './date_range';
import { asObject, asOneOf, asStringOrNull } from './json_guard';
import { newSeries, parseSeriesList, seriesLetter, seriesName, toEventsNode, type Series } from './series';

export const kDisplays = ['line', 'bar', 'area'] as const;
export type Display = (typeof kDisplays)[number];
export const kIntervals: readonly Interval[] = ['hour', 'day', 'week', 'month'];

export interface TrendsState {
  series: Series[];
  range: DateRange;
  interval: Interval;
  breakdown: string | null;
  display: Display;
}

/** One line of the chart and one row of the table. */
export interface TrendLine {
  /** Position in the answer; chooses the color. */
  index: number;
  /** Position of its series in the query, for the letter. */
  order: number;
  name: string;
  data: number[];
  total: number;
  average: number;
  /** Adding up unique users over periods would count people twice. */
  isAdditive: boolean;
}

const kDisplayTypes: Record<Display, string> = {
  line: 'ActionsLineGraph',
  bar: 'ActionsBar',
  area: 'ActionsAreaGraph',
};

export function parseTrendsState(value: unknown): TrendsState {
  const object = asObject(value);
  const series = parseSeriesList(object['series']);
  return {
    series: series.length > 0 ? series : [newSeries(null)],
    range: parseRange(object['range'], '-7d'),
    interval: asOneOf(object['interval'], kIntervals, 'day'),
    breakdown: asStringOrNull(object['breakdown']),
    display: asOneOf(object['display'], kDisplays, 'line'),
  };
}

export function buildTrendsQuery(state: TrendsState): TrendsQuery {
  const query: TrendsQuery = {
    kind: 'TrendsQuery',
    series: state.series.map((series) => toEventsNode(series, true)),
    interval: state.interval,
    dateRange: state.range,
    trendsFilter: { display: kDisplayTypes[state.display] },
  };
  if (state.breakdown !== null) {
    query.breakdownFilter = { breakdown: state.breakdown, breakdown_type: 'event' };
  }
  return query;
}

function describeSeries(series: Series): string {
  const measure = series.math === 'dau' ? 'unique users of' : 'total count of';
  return `${measure} ${series.event ?? 'all events'}`;
}

/** "Total count of sign_up and unique users of purchase by $os". */
export function trendsTitle(state: TrendsState): string {
  const parts = state.series.map(describeSeries);
  const last = parts.pop() ?? '';
  const joined = parts.length > 0 ? `${parts.join(', ')} and ${last}` : last;
  const text = state.breakdown === null ? joined : `${joined} by ${state.breakdown}`;
  return text.charAt(0).toUpperCase() + text.slice(1);
}

export function trendsSubtitle(state: TrendsState): string {
  const interval = { hour: 'hourly', day: 'daily', week: 'weekly', month: 'monthly' }[state.interval];
  return `${describeRange(state.range)}, ${interval}`;
}

function lineName(state: TrendsState, result: TrendsResult, order: number): string {
  const series = state.series[order];
  const base = series === undefined ? result.label : seriesName(series);
  if (state.breakdown === null) {
    return base;
  }
  const value = breakdownLabel(result.breakdown_value);
  return state.series.length > 1 ? `${base} · ${value}` : value;
}

export function toLines(state: TrendsState, results: TrendsResult[]): TrendLine[] {
  return results.map((result, index) => {
    const order = result.action?.order ?? Math.min(index, state.series.length - 1);
    const total = result.data.reduce((sum, value) => sum + value, 0);
    return {
      index,
      order,
      name: lineName(state, result, order),
      data: result.data,
      total,
      average: result.data.length === 0 ? 0 : total / result.data.length,
      isAdditive: state.series[order]?.math !== 'dau',
    };
  });
}

/** "A", or nothing when there is one series only. */
export function lineLetter(state: TrendsState, line: TrendLine): string | null {
  return state.series.length > 1 ? seriesLetter(line.order) : null;
}
