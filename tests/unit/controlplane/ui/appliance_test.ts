// SPDX-License-Identifier: LicenseRef-Project
// Goal: the appliance pages say what the service means, and the log stays in order and bounded.
import type { Health, LogEntry, Operation, RaidArray } from '@/api/appliance';
import {
  appendEntries,
  arrayLabel,
  canaryLabel,
  formatBytes,
  healthLabel,
  kLogEntriesMax,
  offeredVerbs,
  percent,
  priorityTone,
  resultText,
  serviceLabel,
  shortUnit,
  syncText,
} from '@/logic/appliance';

const kReady: Health['boot'] = { phase: 'ready', text: 'Ready' };

test.each([
  [null, '–'],
  [-1, '–'],
  [0, '0 B'],
  [1023, '1,023 B'],
  [1536, '1.5 KiB'],
  [10 * 1024 ** 2, '10 MiB'],
  [480 * 1024 ** 3, '480 GiB'],
  [5 * 1024 ** 6, '5,120 PiB'],
])('%s bytes', (bytes, text) => {
  expect(formatBytes(bytes)).toBe(text);
});

test('the worst decides how the machine is', () => {
  expect(healthLabel({ state: 'ok', problems: [], boot: kReady }).tone).toBe('good');
  expect(healthLabel({ state: 'warning', problems: [], boot: kReady }).tone).toBe('attention');
  expect(healthLabel({ state: 'critical', problems: [], boot: kReady }).tone).toBe('bad');
  const starting: Health['boot'] = { phase: 'first-boot', text: 'First start: waiting' };
  expect(healthLabel({ state: 'ok', problems: [], boot: starting })).toEqual({
    text: 'First start: waiting',
    tone: 'attention',
  });
});

test.each([
  ['active', 'running', 'Running', 'good'],
  ['active', 'exited', 'Done', 'good'],
  ['active', 'waiting', 'Scheduled', 'good'],
  ['active', 'listening', 'Listening', 'good'],
  ['activating', 'start', 'Starting', 'attention'],
  ['deactivating', 'stop-sigterm', 'Stopping', 'attention'],
  ['failed', 'failed', 'Failed: exit-code', 'bad'],
  ['inactive', 'dead', 'Stopped', 'quiet'],
  ['maintenance', '', 'maintenance', 'quiet'],
])('a service that is %s and %s', (state, sub, text, tone) => {
  expect(serviceLabel({ state, sub, result: 'exit-code' })).toEqual({ text, tone });
});

test('what runs is not started, what stands still is not stopped', () => {
  const can = ['start', 'stop', 'restart'];
  expect(offeredVerbs({ state: 'active', sub: 'running', can })).toEqual(['stop', 'restart']);
  expect(offeredVerbs({ state: 'failed', sub: 'failed', can })).toEqual(['start', 'restart']);
  expect(offeredVerbs({ state: 'activating', sub: 'start', can })).toEqual(can);
  expect(offeredVerbs({ state: 'active', sub: 'exited', can: ['start'] })).toEqual(['start']);
});

test('arrays tell their state and their progress', () => {
  const sync = { action: 'resync', progress: 0.125, bytes_per_second: 210 * 1024 ** 2, remaining_s: 3840 };
  const text = (changed: Partial<NonNullable<RaidArray['sync']>>) =>
    syncText({ sync: { ...sync, ...changed } });
  expect(text({})).toBe('12.5% of first sync, 210 MiB/s, 1 h 4 m left');
  expect(text({ progress: null, bytes_per_second: 0, remaining_s: null })).toBe('Waiting for the first sync');
  expect(text({ action: 'recover', progress: 0.5 })).toMatch(/^50\.0% of rebuild, /);
  expect(text({ action: 'idle' })).toBeNull();
  expect(syncText({ sync: null })).toBeNull();
  expect(arrayLabel({ state: 'degraded', present: 1, wanted: 2 }).text).toBe('Degraded, 1 of 2 disks');
  expect(arrayLabel({ state: 'clean', present: 2, wanted: 2 }).tone).toBe('good');
});

test('the canary', () => {
  const canary: Health['canary'] = { state: 'ok', at: null, latency_ms: 812, text: '' };
  expect(canaryLabel(canary).text).toBe('Arrived in 0.8 s');
  expect(canaryLabel({ ...canary, state: 'failed' }).tone).toBe('bad');
  expect(canaryLabel({ ...canary, state: 'pending' }).tone).toBe('quiet');
});

test('shares stay within a bar', () => {
  expect([percent(1, 4), percent(9, 4), percent(-1, 4), percent(1, 0)]).toEqual([25, 100, 0, 0]);
});

test('an ended operation says how', () => {
  const done: Operation = { id: '1', state: 'done', progress: 1, step: 'Restart', result: null };
  expect(resultText(done)).toBe('Done.');
  expect(resultText({ ...done, result: 'Runs again' })).toBe('Runs again');
  expect(resultText({ ...done, state: 'failed', result: '' })).toBe('Restart');
});

function entry(cursor: number): LogEntry {
  return { cursor: String(cursor), time_us: cursor, priority: 6, unit: 'u', message: 'm' };
}

test('log entries come once, newest last, and only so many are kept', () => {
  const first = appendEntries([], [entry(1), entry(2)]);
  expect(appendEntries(first, [])).toBe(first);
  expect(appendEntries(first, [entry(2), entry(3)]).map(({ cursor }) => cursor)).toEqual(['1', '2', '3']);
  const many = Array.from({ length: kLogEntriesMax }, (_, index) => entry(index + 10));
  const kept = appendEntries(first, many);
  expect(kept).toHaveLength(kLogEntriesMax);
  expect(kept[0]?.cursor).toBe('10');
});

test('severities and names', () => {
  expect([0, 3, 4, 5, 7].map(priorityTone)).toEqual(['bad', 'bad', 'attention', 'quiet', 'quiet']);
  expect(shortUnit('bristle-api.service')).toBe('api');
  expect(shortUnit('ssh.service')).toBe('ssh');
});
