// SPDX-License-Identifier: LicenseRef-Project
// State of the funnel page, its query, and the shares made of the answer.
import type {
  DateRange,
  FunnelResult,
  FunnelsQuery,
  FunnelStepResult,
  WindowUnit,
} from '@/api/types';
import { breakdownLabel } from './breakdown';
import { parseRange } from './date_range';
import { asInteger, asObject, asOneOf, asStringOrNull } from './json_guard';
import { parseSeriesList, toEventsNode, type Series } from './series';

export const kWindowUnits: readonly WindowUnit[] = ['second', 'minute', 'hour', 'day', 'week', 'month'];
export const kWindowMax = 365;
export const kStepsMin = 2;
export const kReferences = ['overall', 'relative'] as const;
/** Shares are of step 1 (`overall`) or of the step before (`relative`). */
export type Reference = (typeof kReferences)[number];

export interface FunnelState {
  steps: Series[];
  range: DateRange;
  windowAmount: number;
  windowUnit: WindowUnit;
  breakdown: string | null;
  reference: Reference;
}

/** One step as drawn. */
export interface FunnelStep {
  index: number;
  name: string;
  count: number;
  /** People of the step before that did not get here; 0 at step 1. */
  dropped: number;
  previousCount: number;
  firstCount: number;
  averageSeconds: number | null;
  medianSeconds: number | null;
}

export function parseFunnelState(value: unknown): FunnelState {
  const object = asObject(value);
  return {
    steps: parseSeriesList(object['steps']),
    range: parseRange(object['range'], '-14d'),
    windowAmount: asInteger(object['windowAmount'], 14, 1, kWindowMax),
    windowUnit: asOneOf(object['windowUnit'], kWindowUnits, 'day'),
    breakdown: asStringOrNull(object['breakdown']),
    reference: asOneOf(object['reference'], kReferences, 'overall'),
  };
}

/** A funnel can run once two steps have an event. */
export function canRunFunnel(state: FunnelState): boolean {
  return (
    state.steps.length >= kStepsMin && state.steps.every((step) => step.event !== null)
  );
}

export function buildFunnelQuery(state: FunnelState): FunnelsQuery {
  const query: FunnelsQuery = {
    kind: 'FunnelsQuery',
    series: state.steps.map((step) => toEventsNode(step, false)),
    dateRange: state.range,
    funnelsFilter: {
      funnelVizType: 'steps',
      funnelOrderType: 'ordered',
      funnelWindowInterval: state.windowAmount,
      funnelWindowIntervalUnit: state.windowUnit,
    },
  };
  if (state.breakdown !== null) {
    query.breakdownFilter = { breakdown: state.breakdown, breakdown_type: 'event' };
  }
  return query;
}

/** "app_opened → signed_up → purchase". */
export function funnelTitle(state: FunnelState): string {
  const names = state.steps.flatMap((step) => (step.event === null ? [] : [step.event]));
  if (names.length === 0) {
    return 'Funnel';
  }
  const steps = names.join(' → ');
  return state.breakdown === null ? steps : `${steps} by ${state.breakdown}`;
}

/** People with one breakdown value, or everybody (`name` null). */
export interface FunnelGroup {
  /** Position in the answer; chooses the color. */
  index: number;
  name: string | null;
  steps: FunnelStep[];
  totalMedianSeconds: number | null;
}

/** More groups than this are in the table but not drawn. */
export const kGroupsDrawnMax = 6;

function toGroup(results: FunnelStepResult[], index: number, hasName: boolean): FunnelGroup {
  const last = results[results.length - 1];
  return {
    index,
    name: hasName ? breakdownLabel(last?.breakdown_value) : null,
    steps: toFunnelSteps(results),
    totalMedianSeconds: last?.total_median_conversion_time ?? null,
  };
}

/** Reads both shapes of the answer: a list of steps, or a list of those for each value. */
export function toFunnelGroups(results: FunnelResult[]): FunnelGroup[] {
  const single = results.filter((entry): entry is FunnelStepResult => !Array.isArray(entry));
  if (single.length > 0) {
    return [toGroup(single, 0, false)];
  }
  return results
    .filter((entry): entry is FunnelStepResult[] => Array.isArray(entry))
    .map((entry, index) => toGroup(entry, index, true));
}

export function toFunnelSteps(results: FunnelStepResult[]): FunnelStep[] {
  const ordered = [...results].sort((left, right) => left.order - right.order);
  const firstCount = ordered[0]?.count ?? 0;
  return ordered.map((result, index) => {
    const previousCount = ordered[index - 1]?.count ?? result.count;
    return {
      index,
      name: result.custom_name ?? result.name,
      count: result.count,
      dropped: previousCount - result.count,
      previousCount,
      firstCount,
      averageSeconds: result.average_conversion_time,
      medianSeconds: result.median_conversion_time,
    };
  });
}

/** The number that this step's share is of. */
export function referenceCount(step: FunnelStep, reference: Reference): number {
  return reference === 'overall' ? step.firstCount : step.previousCount;
}

/** part / whole as a CSS length; an empty whole fills nothing. */
export function cssShare(part: number, whole: number): string {
  return whole === 0 ? '0%' : `${((100 * part) / whole).toFixed(3)}%`;
}
