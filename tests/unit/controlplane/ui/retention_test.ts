// SPDX-License-Identifier: LicenseRef-Project
// Goal: percentages, unfinished cells and the weighted mean of the retention grid.
import { cohortLabel, parseRetentionState, toRetentionGrid } from '@/logic/retention';

function row(date: string, counts: number[]) {
  return { label: '', date, values: counts.map((count) => ({ count })) };
}

const grid = toRetentionGrid([
  row('2026-11-19', [10, 5, 2]),
  row('2026-11-20', [30, 3, 0]),
  row('2026-11-21', [4, 0, 0]),
]);

test('column 0 is the cohort itself', () => {
  expect(grid.rows.map((each) => each.cells[0]?.share)).toEqual([1, 1, 1]);
  expect(grid.rows.map((each) => each.size)).toEqual([10, 30, 4]);
});

test('the running period is unfinished and what follows is future', () => {
  expect(grid.rows.map((each) => each.cells.map((cell) => cell.state))).toEqual([
    ['finished', 'finished', 'unfinished'],
    ['finished', 'unfinished', 'future'],
    ['finished', 'future', 'future'],
  ]);
});

test('the mean is weighted by cohort size over finished cells only', () => {
  const longer = toRetentionGrid([
    row('a', [10, 5, 1, 0]),
    row('b', [30, 3, 0, 0]),
    row('c', [0, 0, 0, 0]),
    row('d', [7, 0, 0, 0]),
  ]);
  expect(longer.means).toEqual([1, 8 / 40, 1 / 10, null]);
  expect(longer.totalSize).toBe(47);
});

test('an empty cohort has no shares', () => {
  expect(toRetentionGrid([row('a', [0, 0])]).rows[0]?.cells[1]?.share).toBeNull();
});

test('labels are read as the server wrote them, whatever the zone of the browser', () => {
  expect(cohortLabel('2026-11-09T00:00:00-08:00', 'Day')).toBe('Nov 9');
  expect(cohortLabel('2026-11-29', 'Week')).toBe('Nov 29 – Dec 5');
});

test('the number of periods is bounded', () => {
  expect(parseRetentionState({ periodCount: 5000 }).periodCount).toBe(8);
  expect(parseRetentionState({ periodCount: 31 }).periodCount).toBe(31);
});
