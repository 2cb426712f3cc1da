// SPDX-License-Identifier: LicenseRef-Project
// The event series and steps of an insight, as kept in the URL and as sent to the server.
import type { EventsNode, PropertyFilter, PropertyOperator } from '@/api/types';
import { asArray, asObject, asOneOf, asString, asStringOrNull } from './json_guard';

export type Math = 'total' | 'dau';

/** One series of a trend or one step of a funnel. `event` null means all events. */
export interface Series {
  event: string | null;
  math: Math;
  filters: PropertyFilter[];
}

export const kSeriesMax = 10;

export const kOperators: readonly { value: PropertyOperator; label: string }[] = [
  { value: 'exact', label: '= equals' },
  { value: 'is_not', label: '≠ does not equal' },
  { value: 'icontains', label: '∋ contains' },
  { value: 'not_icontains', label: '∌ does not contain' },
  { value: 'gt', label: '> greater than' },
  { value: 'lt', label: '< less than' },
  { value: 'is_set', label: '✓ is set' },
  { value: 'is_not_set', label: '✕ is not set' },
];

export function operatorTakesValue(operator: PropertyOperator): boolean {
  return operator !== 'is_set' && operator !== 'is_not_set';
}

/** A filter that is still being filled in is not sent. */
export function isCompleteFilter(filter: PropertyFilter): boolean {
  return filter.key !== '' && (!operatorTakesValue(filter.operator) || (filter.value ?? '') !== '');
}

export function newSeries(event: string | null): Series {
  return { event, math: 'total', filters: [] };
}

function parseFilter(value: unknown): PropertyFilter {
  const object = asObject(value);
  const operators = kOperators.map((operator) => operator.value);
  return {
    key: asString(object['key'], ''),
    value: asString(object['value'], ''),
    operator: asOneOf(object['operator'], operators, 'exact'),
    type: 'event',
  };
}

export function parseSeries(value: unknown): Series {
  const object = asObject(value);
  return {
    event: asStringOrNull(object['event']),
    math: asOneOf(object['math'], ['total', 'dau'] as const, 'total'),
    filters: asArray(object['filters']).map(parseFilter),
  };
}

export function parseSeriesList(value: unknown): Series[] {
  return asArray(value).slice(0, kSeriesMax).map(parseSeries);
}

export function seriesName(series: Series): string {
  return series.event ?? 'All events';
}

/** A, B, C … for the n-th series. */
export function seriesLetter(index: number): string {
  return String.fromCharCode(65 + index);
}

/** The node the query endpoint takes. */
export function toEventsNode(series: Series, withMath: boolean): EventsNode {
  const node: EventsNode = {
    kind: 'EventsNode',
    event: series.event,
    name: seriesName(series),
  };
  if (withMath) {
    node.math = series.math;
  }
  const filters = series.filters.filter(isCompleteFilter);
  if (filters.length > 0) {
    node.properties = filters.map((filter) =>
      operatorTakesValue(filter.operator)
        ? filter
        : { key: filter.key, operator: filter.operator, type: 'event' },
    );
  }
  return node;
}

/** A copy of the list with the item at `from` moved to `to`. */
export function moveItem<T>(items: readonly T[], from: number, to: number): T[] {
  const copy = [...items];
  const [item] = copy.splice(from, 1);
  if (item === undefined) {
    return [...items];
  }
  copy.splice(to, 0, item);
  return copy;
}

/** A copy of the list with the item at `index` replaced. */
export function replaceItem<T>(items: readonly T[], index: number, item: T): T[] {
  return items.map((existing, position) => (position === index ? item : existing));
}
