// SPDX-License-Identifier: LicenseRef-Project
// Goal: no event is shown twice, newest is on top, and "stored" follows "durable".
import { readStreamed, type LiveEvent } from '@/api/live_events';
import { addStreamed, arrivalRate, kRowsMax, mergeStored } from '@/logic/live_rows';

function event(uuid: string, receipt: LiveEvent['receipt'] = 'durable', second = 0): LiveEvent {
  const timestamp = new Date(Date.UTC(2026, 10, 21, 8, 0, second)).toISOString();
  return { uuid, event: 'e', distinctId: 'd', timestamp, properties: {}, receipt };
}

const ids = (rows: LiveEvent[]) => rows.map((row) => row.uuid);

test('arrivals go on top, once each', () => {
  const rows = addStreamed([event('a')], [event('b'), event('a'), event('c'), event('b')]);
  expect(ids(rows)).toEqual(['c', 'b', 'a']);
});

test('rows are bounded', () => {
  const many = Array.from({ length: kRowsMax + 50 }, (_, index) => event(String(index)));
  expect(addStreamed([], many)).toHaveLength(kRowsMax);
});

test('what was missed while the stream was broken takes its place by time', () => {
  const rows = [event('new', 'durable', 30), event('old', 'stored', 10)];
  const stored = [event('missed', 'stored', 20), event('older', 'stored', 5)];
  expect(ids(mergeStored(rows, stored))).toEqual(['new', 'missed', 'old', 'older']);
});

test('what the store has is marked, what only the store has is added', () => {
  const rows = mergeStored([event('b'), event('a')], [event('a', 'stored'), event('z', 'stored')]);
  expect(rows.map((row) => [row.uuid, row.receipt])).toEqual([
    ['b', 'durable'],
    ['a', 'stored'],
    ['z', 'stored'],
  ]);
});

test('the rate is over ten seconds', () => {
  expect(arrivalRate([0, 5_000, 14_000, 14_500], 15_000)).toBe(0.2);
});

test('a streamed line that is not an event is left out', () => {
  expect(readStreamed('nonsense')).toBeNull();
  expect(readStreamed('{"event":"x"}')).toBeNull();
  expect(readStreamed('{"uuid":"u","event":"x","properties":"{\\"a\\":1}"}')?.properties).toEqual({
    a: 1,
  });
});
