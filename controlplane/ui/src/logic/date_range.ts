// SPDX-License-Identifier: LicenseRef-Project
// Date ranges of the query builder: presets, the interval that suits a range, incomplete periods.
import type { DateRange, Interval } from '@/api/types';
import { asObject, asString, asStringOrNull } from './json_guard';

export interface DatePreset {
  label: string;
  range: DateRange;
}

export const kDatePresets: readonly DatePreset[] = [
  { label: 'Today', range: { date_from: 'dStart', date_to: null } },
  { label: 'Yesterday', range: { date_from: '-1dStart', date_to: '-1dEnd' } },
  { label: 'Last 24 hours', range: { date_from: '-24h', date_to: null } },
  { label: 'Last 7 days', range: { date_from: '-7d', date_to: null } },
  { label: 'Last 14 days', range: { date_from: '-14d', date_to: null } },
  { label: 'Last 30 days', range: { date_from: '-30d', date_to: null } },
  { label: 'Last 90 days', range: { date_from: '-90d', date_to: null } },
  { label: 'This month', range: { date_from: 'mStart', date_to: null } },
  { label: 'Last month', range: { date_from: '-1mStart', date_to: '-1mEnd' } },
  { label: 'This year', range: { date_from: 'yStart', date_to: null } },
  { label: 'All time', range: { date_from: 'all', date_to: null } },
];

const kIsoDate = /^\d{4}-\d{2}-\d{2}$/;

/** The preset with this range; undefined for a custom one. */
export function findPreset(range: DateRange): DatePreset | undefined {
  return kDatePresets.find(
    (preset) =>
      preset.range.date_from === range.date_from && preset.range.date_to === range.date_to,
  );
}

export function isCustomRange(range: DateRange): boolean {
  return kIsoDate.test(range.date_from);
}

/** "Last 7 days", or "2026-11-01 to 2026-11-07" for a custom range. */
export function describeRange(range: DateRange): string {
  const preset = findPreset(range);
  if (preset !== undefined) {
    return preset.label;
  }
  return range.date_to === null
    ? `Since ${range.date_from}`
    : `${range.date_from} to ${range.date_to}`;
}

/** A range from the URL; anything that is not one becomes `fallback`. */
export function parseRange(value: unknown, fallback: string): DateRange {
  const object = asObject(value);
  return {
    date_from: asString(object['date_from'], fallback),
    date_to: asStringOrNull(object['date_to']),
  };
}

function daysOfCustom(range: DateRange): number {
  const end = range.date_to === null ? Date.now() : Date.parse(range.date_to);
  return (end - Date.parse(range.date_from)) / 86_400_000;
}

/** The interval that gives a readable number of points: hours for a day, weeks for a year. */
export function suggestInterval(range: DateRange): Interval {
  if (['dStart', '-1dStart', '-24h'].includes(range.date_from)) {
    return 'hour';
  }
  if (range.date_from === 'yStart' || range.date_from === 'all') {
    return 'week';
  }
  if (isCustomRange(range)) {
    const days = daysOfCustom(range);
    if (days < 2) {
      return 'hour';
    }
    return days > 120 ? 'week' : 'day';
  }
  return 'day';
}

/** Wall-clock time in a zone as "YYYY-MM-DD HH:MM:SS", comparable as text. */
export function zonedNow(timeZone: string, now: Date): string {
  return new Intl.DateTimeFormat('sv-SE', {
    timeZone,
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    hourCycle: 'h23',
  }).format(now);
}

function addDays(day: string, days: number): string {
  const date = new Date(`${day.slice(0, 10)}T00:00:00Z`);
  date.setUTCDate(date.getUTCDate() + days);
  return date.toISOString().slice(0, 10);
}

/** End of the period that starts at `day`, in the notation of `zonedNow`. */
function periodEnd(day: string, interval: Interval): string {
  if (interval === 'hour') {
    return `${day.slice(0, 13)}:59:59`;
  }
  if (interval === 'day') {
    return `${day.slice(0, 10)} 23:59:59`;
  }
  if (interval === 'week') {
    return `${addDays(day, 6)} 23:59:59`;
  }
  return `${day.slice(0, 7)}-31 23:59:59`;
}

/** Index of the first period that is not over yet; `days.length` when all are complete. */
export function firstIncomplete(days: string[], interval: Interval, zonedNowText: string): number {
  const index = days.findIndex(
    (day) => periodEnd(day.replace('T', ' '), interval) >= zonedNowText,
  );
  return index === -1 ? days.length : index;
}

/** A period's name on an axis: "Nov 9", "Nov 9, 14:00", "Nov 2026". */
export function formatPeriod(day: string, interval: Interval): string {
  const date = new Date(`${day.slice(0, 10)}T00:00:00Z`);
  if (Number.isNaN(date.getTime())) {
    return day;
  }
  if (interval === 'month') {
    return date.toLocaleDateString('en-US', { month: 'short', year: 'numeric', timeZone: 'UTC' });
  }
  const text = date.toLocaleDateString('en-US', {
    month: 'short',
    day: 'numeric',
    timeZone: 'UTC',
  });
  return interval === 'hour' ? `${text}, ${day.slice(11, 16) || '00:00'}` : text;
}
