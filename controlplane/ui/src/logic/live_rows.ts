// SPDX-License-Identifier: LicenseRef-Project
// The rows of the live page as a pure value: streamed events on top, stored ones merged in.
import type { LiveEvent } from '@/api/live_events';

export const kRowsMax = 300;
const kRateWindowMs = 10_000;

/** Puts `arrived` (oldest first) on top of `rows`, without doubles, newest first. */
export function addStreamed(rows: LiveEvent[], arrived: LiveEvent[]): LiveEvent[] {
  const known = new Set(rows.map((row) => row.uuid));
  const fresh: LiveEvent[] = [];
  for (const event of arrived) {
    if (!known.has(event.uuid)) {
      known.add(event.uuid);
      fresh.unshift(event);
    }
  }
  return fresh.length === 0 ? rows : [...fresh, ...rows].slice(0, kRowsMax);
}

/** Puts `event` in front of the first row that is older; rows keep their order. */
function insertByTime(rows: LiveEvent[], event: LiveEvent): void {
  const time = Date.parse(event.timestamp);
  const index = rows.findIndex((row) => Date.parse(row.timestamp) < time);
  rows.splice(index === -1 ? rows.length : index, 0, event);
}

/** Marks rows that queries find now; adds stored events that the stream did not bring. */
export function mergeStored(rows: LiveEvent[], stored: LiveEvent[]): LiveEvent[] {
  const storedIds = new Set(stored.map((event) => event.uuid));
  const known = new Set(rows.map((row) => row.uuid));
  const merged = rows.map((row) =>
    row.receipt === 'durable' && storedIds.has(row.uuid)
      ? { ...row, receipt: 'stored' as const }
      : row,
  );
  for (const event of stored) {
    if (!known.has(event.uuid)) {
      insertByTime(merged, event);
    }
  }
  return merged.slice(0, kRowsMax);
}

/** Arrival times still inside the window that the rate is taken over. */
export function recentArrivals(arrivals: number[], now: number): number[] {
  return arrivals.filter((time) => now - time < kRateWindowMs);
}

/** Events per second over the window. */
export function arrivalRate(arrivals: number[], now: number): number {
  return recentArrivals(arrivals, now).length / (kRateWindowMs / 1000);
}
