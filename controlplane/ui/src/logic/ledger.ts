// SPDX-License-Identifier: LicenseRef-Project
// What the data health page makes of the ledger: words for its state, columns, and one bar per
// minute.
import type { Ledger, LedgerMinute } from '@/api/ledger';
import type { Label } from './appliance';
import { formatNumber, pluralize } from './format';

/** The ends an event can have, in the order of the chart; the received are their sum. */
export const kEnds = [
  { key: 'stored', name: 'Stored' },
  { key: 'duplicate', name: 'Duplicate' },
  { key: 'refused', name: 'Refused' },
  { key: 'in_flight', name: 'In flight' },
  { key: 'dropped', name: 'Dropped' },
  { key: 'quarantined', name: 'Quarantined' },
  { key: 'missing', name: 'Missing' },
] as const;

export type End = (typeof kEnds)[number]['key'];
export type EndCounts = Record<End | 'received', number>;

const kNothing: EndCounts = {
  received: 0,
  stored: 0,
  duplicate: 0,
  refused: 0,
  in_flight: 0,
  dropped: 0,
  quarantined: 0,
  missing: 0,
};

/** How the ledger is, in one line. */
export function ledgerLabel(ledger: Pick<Ledger, 'state' | 'cause'>): Label {
  if (ledger.state === 'balanced') {
    return { text: 'Every event is accounted for', tone: 'good' };
  }
  if (ledger.state === 'in_flight') {
    return { text: 'Balanced, with events in flight', tone: 'good' };
  }
  return ledger.cause === 'worker_behind'
    ? { text: 'Accepted events wait to be stored', tone: 'attention' }
    : { text: 'The ledger does not balance', tone: 'bad' };
}

/** What the state means for whoever sees it; nothing when all is well. */
export function ledgerAdvice(
  ledger: Pick<Ledger, 'state' | 'cause' | 'in_flight'>,
): string | null {
  if (ledger.state !== 'unbalanced') {
    return null;
  }
  return ledger.cause === 'worker_behind'
    ? `${pluralize(ledger.in_flight.records, 'record')} of the event log wait. Nothing is lost: they are durable. ` +
        'See why the worker, ClickHouse or PostgreSQL does not keep up.'
    : 'Some accepted events have no known end. Keep the event log as it is and see the log of the ' +
        'worker for the partition and the numbers.';
}

export function sumEnds(minutes: readonly EndCounts[]): EndCounts {
  const sum = { ...kNothing };
  for (const minute of minutes) {
    for (const key of Object.keys(sum) as (keyof EndCounts)[]) {
      sum[key] += minute[key];
    }
  }
  return sum;
}

export interface Bar {
  /** Start of the bar, milliseconds since 1970. */
  at: number;
  ends: EndCounts;
}

/** The range in at most `barsMax` bars of whole minutes, empty ones included. */
export function ledgerBars(
  ledger: Pick<Ledger, 'date_from' | 'date_to' | 'minutes'>,
  barsMax: number,
): Bar[] {
  const from = Date.parse(ledger.date_from) / 60_000;
  const minutes = Date.parse(ledger.date_to) / 60_000 - from;
  const width = Math.max(1, Math.ceil(minutes / barsMax));
  const grouped: LedgerMinute[][] = Array.from({ length: Math.ceil(minutes / width) }, () => []);
  for (const minute of ledger.minutes) {
    const index = Math.floor((Date.parse(minute.minute) / 60_000 - from) / width);
    grouped[index]?.push(minute);
  }
  return grouped.map((group, index) => ({
    at: (from + index * width) * 60_000,
    ends: sumEnds(group),
  }));
}

/** "2 invalid_json, 1 missing_token": the refusals of a minute, most first. */
export function reasonsText(minute: Pick<LedgerMinute, 'refused_by_reason'>): string {
  return Object.entries(minute.refused_by_reason)
    .sort(([, one], [, other]) => other - one)
    .map(([reason, events]) => `${formatNumber(events)} ${reason}`)
    .join(', ');
}
