// SPDX-License-Identifier: LicenseRef-Project
// Numbers, shares, durations and dates as the page writes them (American English).

const kInteger = new Intl.NumberFormat('en-US', { maximumFractionDigits: 2 });
const kCompact = new Intl.NumberFormat('en-US', { notation: 'compact', maximumFractionDigits: 1 });
const kMinute = 60;
const kHour = 60 * kMinute;
const kDay = 24 * kHour;

export function formatNumber(value: number): string {
  return kInteger.format(value);
}

/** For axes and badges: 12.3K. */
export function formatCompact(value: number): string {
  return kCompact.format(value);
}

/** The share part / whole with one decimal; an empty whole has no share. */
export function formatShare(part: number, whole: number): string {
  if (whole === 0) {
    return '–';
  }
  const percent = (100 * part) / whole;
  const text = percent.toFixed(1);
  return `${text.endsWith('.0') ? text.slice(0, -2) : text}%`;
}

/** The two largest units of a duration: "2 d 4 h", "1 m 20 s", "0.4 s"; null is a dash. */
export function formatDuration(seconds: number | null | undefined): string {
  if (seconds === null || seconds === undefined || !Number.isFinite(seconds)) {
    return '–';
  }
  if (seconds < 10) {
    return `${Number(seconds.toFixed(1))} s`;
  }
  const whole = Math.round(seconds);
  const units: [number, string][] = [
    [kDay, 'd'],
    [kHour, 'h'],
    [kMinute, 'm'],
    [1, 's'],
  ];
  const first = units.findIndex(([size]) => whole >= size);
  const parts: string[] = [];
  let rest = whole;
  for (const [size, name] of units.slice(first, first + 2)) {
    const amount = Math.floor(rest / size);
    rest -= amount * size;
    if (amount > 0) {
      parts.push(`${amount} ${name}`);
    }
  }
  return parts.join(' ');
}

export function pluralize(count: number, singular: string): string {
  return `${formatNumber(count)} ${singular}${count === 1 ? '' : 's'}`;
}

/** A value of a query result in a table cell. */
export function formatCell(value: unknown): string {
  if (value === null || value === undefined) {
    return 'null';
  }
  if (typeof value === 'number') {
    return formatNumber(value);
  }
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** "Nov 21, 2026, 8:03:12 AM" in the project's time zone. */
export function formatInstant(iso: string, timeZone: string): string {
  return inWords(iso, { dateStyle: 'medium', timeStyle: 'medium', timeZone });
}

/** "Nov 21, 2026, 8:03 AM" in the project's time zone. */
export function formatMinute(iso: string, timeZone: string): string {
  return inWords(iso, { dateStyle: 'medium', timeStyle: 'short', timeZone });
}

function inWords(iso: string, options: Intl.DateTimeFormatOptions): string {
  const date = new Date(iso);
  return Number.isNaN(date.getTime()) ? iso : new Intl.DateTimeFormat('en-US', options).format(date);
}

/** "just now", "12 seconds ago", "3 hours ago". */
export function formatAgo(iso: string, now: number): string {
  const seconds = Math.round((now - new Date(iso).getTime()) / 1000);
  if (Number.isNaN(seconds)) {
    return iso;
  }
  if (seconds < 2) {
    return 'just now';
  }
  const steps: [number, string][] = [
    [kDay, 'day'],
    [kHour, 'hour'],
    [kMinute, 'minute'],
    [1, 'second'],
  ];
  const [size, name] = steps.find(([step]) => seconds >= step) ?? [1, 'second'];
  return `${pluralize(Math.floor(seconds / size), name)} ago`;
}
