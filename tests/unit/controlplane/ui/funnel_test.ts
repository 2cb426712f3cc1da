// SPDX-License-Identifier: LicenseRef-Project
// Goal: the shares and drop-offs of a funnel, and how they are written.
import { formatAgo, formatDuration, formatNumber, formatShare } from '@/logic/format';
import { cssShare, referenceCount, toFunnelGroups, toFunnelSteps } from '@/logic/funnel';
import { moveItem } from '@/logic/series';

function result(order: number, count: number) {
  return {
    name: `step ${order}`,
    order,
    count,
    average_conversion_time: order === 0 ? null : 12.5,
    median_conversion_time: order === 0 ? null : 8,
  };
}

test('steps know what they are a share of', () => {
  const steps = toFunnelSteps([result(0, 200), result(1, 50), result(2, 10)]);
  expect(steps.map((step) => step.dropped)).toEqual([0, 150, 40]);
  expect(steps.map((step) => referenceCount(step, 'overall'))).toEqual([200, 200, 200]);
  expect(steps.map((step) => referenceCount(step, 'relative'))).toEqual([200, 200, 50]);
});

test('an empty funnel divides by nothing', () => {
  const steps = toFunnelSteps([result(0, 0), result(1, 0)]);
  expect(steps[1]?.dropped).toBe(0);
  expect(formatShare(0, 0)).toBe('–');
  expect(cssShare(0, 0)).toBe('0%');
});

test('both shapes of the answer are read', () => {
  const single = toFunnelGroups([result(0, 4), result(1, 2)]);
  expect(single.map((group) => [group.name, group.steps.length])).toEqual([[null, 2]]);
  const values = toFunnelGroups([
    [{ ...result(0, 4), breakdown_value: ['iOS'] }, { ...result(1, 2), breakdown_value: ['iOS'] }],
    [{ ...result(0, 3), breakdown_value: [''] }, { ...result(1, 3), breakdown_value: [''] }],
  ]);
  expect(values.map((group) => [group.name, group.steps[1]?.count])).toEqual([
    ['iOS', 2],
    ['(none)', 3],
  ]);
  expect(toFunnelGroups([])).toEqual([]);
});

test('numbers, shares and durations are written for people', () => {
  expect(formatNumber(1234567)).toBe('1,234,567');
  expect(formatShare(1, 3)).toBe('33.3%');
  expect(formatShare(1, 1)).toBe('100%');
  const durations: [number | null, string][] = [
    [null, '–'],
    [0, '0 s'],
    [0.44, '0.4 s'],
    [59.6, '1 m'],
    [80, '1 m 20 s'],
    [3600, '1 h'],
    [7403, '2 h 3 m'],
    [200_000, '2 d 7 h'],
  ];
  for (const [seconds, text] of durations) {
    expect(formatDuration(seconds)).toBe(text);
  }
  expect(formatAgo('2026-11-21T08:00:00Z', Date.parse('2026-11-21T08:02:05Z'))).toBe('2 minutes ago');
  expect(formatAgo('2026-11-21T08:00:00Z', Date.parse('2026-11-21T08:00:00Z'))).toBe('just now');
});

test('steps move without loss', () => {
  expect(moveItem(['a', 'b', 'c'], 0, 2)).toEqual(['b', 'c', 'a']);
  expect(moveItem(['a', 'b', 'c'], 2, 1)).toEqual(['a', 'c', 'b']);
  expect(moveItem(['a'], 5, 0)).toEqual(['a']);
});
