// SPDX-License-Identifier: LicenseRef-Project
// Goal: the period that is not over is found in the project's time zone, for every interval.
import type { Interval } from '@/api/types';
import {
  describeRange,
  firstIncomplete,
  formatPeriod,
  suggestInterval,
  zonedNow,
} from '@/logic/date_range';

describe('incomplete periods', () => {
  const cases: [string, Interval, string[], string, number][] = [
    ['today', 'day', ['2026-11-20', '2026-11-21'], '2026-11-21 08:00:00', 1],
    ['all over', 'day', ['2026-11-19', '2026-11-20'], '2026-11-21 00:00:00', 2],
    ['the hour', 'hour', ['2026-11-21 07:00:00', '2026-11-21 08:00:00'], '2026-11-21 08:30:00', 1],
    ['hours with T', 'hour', ['2026-11-21T07:00:00', '2026-11-21T08:00:00'], '2026-11-21 08:30:00', 1],
    ['the week', 'week', ['2026-11-08', '2026-11-15'], '2026-11-21 08:00:00', 1],
    ['a week over', 'week', ['2026-11-08', '2026-11-15'], '2026-11-22 00:00:00', 2],
    ['the month', 'month', ['2026-10-01', '2026-11-01'], '2026-11-30 23:59:00', 1],
    ['a month over', 'month', ['2026-10-01', '2026-11-01'], '2026-12-01 00:00:00', 2],
  ];
  test.each(cases)('%s', (_, interval, days, now, index) => {
    expect(firstIncomplete(days, interval, now)).toBe(index);
  });

  test('the zone decides which day it is', () => {
    const instant = new Date('2026-11-21T02:30:00Z');
    expect(zonedNow('UTC', instant)).toBe('2026-11-21 02:30:00');
    expect(zonedNow('America/New_York', instant)).toBe('2026-11-20 21:30:00');
    expect(zonedNow('Asia/Tokyo', instant)).toBe('2026-11-21 11:30:00');
  });
});

test('a range suggests an interval with a readable number of points', () => {
  const suggest = (date_from: string, date_to: string | null = null) =>
    suggestInterval({ date_from, date_to });
  expect(suggest('dStart')).toBe('hour');
  expect(suggest('-7d')).toBe('day');
  expect(suggest('yStart')).toBe('week');
  expect(suggest('2026-01-01', '2026-01-02')).toBe('hour');
  expect(suggest('2026-01-01', '2026-02-01')).toBe('day');
  expect(suggest('2026-01-01', '2026-12-31')).toBe('week');
});

test('ranges and periods are written for people', () => {
  expect(describeRange({ date_from: '-7d', date_to: null })).toBe('Last 7 days');
  expect(describeRange({ date_from: '2026-01-01', date_to: '2026-01-31' })).toBe(
    '2026-01-01 to 2026-01-31',
  );
  expect(formatPeriod('2026-11-09', 'day')).toBe('Nov 9');
  expect(formatPeriod('2026-11-09 14:00:00', 'hour')).toBe('Nov 9, 14:00');
  expect(formatPeriod('2026-11-01', 'month')).toBe('Nov 2026');
});
