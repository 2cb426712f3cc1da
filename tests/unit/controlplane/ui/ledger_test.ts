// SPDX-License-Identifier: LicenseRef-Project
// Goal: the data health page says what the ledger says, and no event is left out of its bars.
import type { Ledger, LedgerMinute } from '@/api/ledger';
import { kEnds, ledgerAdvice, ledgerBars, ledgerLabel, reasonsText, sumEnds } from '@/logic/ledger';

function minute(at: string, changed: Partial<LedgerMinute>): LedgerMinute {
  return {
    minute: at,
    received: 0,
    acknowledged: 0,
    stored: 0,
    duplicate: 0,
    quarantined: 0,
    dropped: 0,
    refused: 0,
    refused_by_reason: {},
    in_flight: 0,
    missing: 0,
    ...changed,
  };
}

const kInFlight: Ledger['in_flight'] = { records: 3, is_complete: true, oldest_received_at: null };

test.each([
  ['balanced', null, 'good', /accounted for/, null],
  ['in_flight', null, 'good', /in flight/, null],
  ['unbalanced', 'worker_behind', 'attention', /wait/, /3 records .* Nothing is lost/],
  ['unbalanced', 'events_missing', 'bad', /does not balance/, /no known end/],
] as const)('%s because of %s', (state, cause, tone, text, advice) => {
  const label = ledgerLabel({ state, cause });
  expect(label.tone).toBe(tone);
  expect(label.text).toMatch(text);
  const words = ledgerAdvice({ state, cause, in_flight: kInFlight });
  if (advice === null) {
    expect(words).toBeNull();
  } else {
    expect(words).toMatch(advice);
  }
});

const kHour = {
  date_from: '2026-01-31T12:00:00Z',
  date_to: '2026-01-31T13:00:00Z',
  minutes: [
    minute('2026-01-31T12:00:00Z', { received: 3, stored: 2, duplicate: 1 }),
    minute('2026-01-31T12:01:00Z', { received: 5, stored: 1, refused: 4 }),
    minute('2026-01-31T12:59:00Z', { received: 7, in_flight: 6, missing: 1 }),
  ],
};

test('one bar for each minute, empty ones too', () => {
  const bars = ledgerBars(kHour, 120);
  expect(bars).toHaveLength(60);
  expect(bars[0]?.at).toBe(Date.parse('2026-01-31T12:00:00Z'));
  expect(bars[1]?.ends.refused).toBe(4);
  expect(bars[2]?.ends.received).toBe(0);
  expect(bars[59]?.ends.missing).toBe(1);
});

test('longer times have wider bars with the same sums', () => {
  const bars = ledgerBars(kHour, 25);
  expect(bars).toHaveLength(20);
  expect(bars[0]?.ends).toMatchObject({ received: 8, stored: 3, duplicate: 1, refused: 4 });
  const sum = sumEnds(bars.map((bar) => bar.ends));
  expect(sum.received).toBe(15);
  expect(kEnds.reduce((total, { key }) => total + sum[key], 0)).toBe(15);
});

test('reasons, most first', () => {
  const refused_by_reason = { missing_token: 1, invalid_json: 1200 };
  expect(reasonsText({ refused_by_reason })).toBe('1,200 invalid_json, 1 missing_token');
  expect(reasonsText({ refused_by_reason: {} })).toBe('');
});
