// SPDX-License-Identifier: LicenseRef-Project
// What the appliance pages make of the service's answers: words, colors, shares and log lines.
import type { Health, LogEntry, Operation, RaidArray, Service } from '@/api/appliance';
import { formatDuration, formatNumber } from './format';

export type Tone = 'good' | 'attention' | 'bad' | 'quiet';

export const kToneColors: Record<Tone, string> = {
  good: 'teal',
  attention: 'yellow',
  bad: 'red',
  quiet: 'gray',
};

export interface Label {
  text: string;
  tone: Tone;
}

const kUnits = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'] as const;

/** "1.5 GiB"; null is a dash. */
export function formatBytes(bytes: number | null): string {
  if (bytes === null || !Number.isFinite(bytes) || bytes < 0) {
    return '–';
  }
  let value = bytes;
  let unit = 0;
  while (value >= 1024 && unit < kUnits.length - 1) {
    value /= 1024;
    unit += 1;
  }
  const digits = value < 10 && unit > 0 ? 1 : 0;
  return `${formatNumber(Number(value.toFixed(digits)))} ${kUnits[unit]}`;
}

/** How the machine is, in one line. */
export function healthLabel(health: Pick<Health, 'state' | 'problems' | 'boot'>): Label {
  if (health.state === 'critical') {
    return { text: 'Something needs you now', tone: 'bad' };
  }
  if (health.state === 'warning') {
    return { text: 'Something needs your attention', tone: 'attention' };
  }
  if (health.boot.phase !== 'ready') {
    return { text: health.boot.text, tone: 'attention' };
  }
  return { text: 'Everything works', tone: 'good' };
}

/** What an active unit does when it does not simply run. */
const kActiveWords: Partial<Record<string, string>> = {
  exited: 'Done',
  waiting: 'Scheduled',
  listening: 'Listening',
};

export function serviceLabel(service: Pick<Service, 'state' | 'sub' | 'result'>): Label {
  switch (service.state) {
    case 'active':
      return { text: kActiveWords[service.sub] ?? 'Running', tone: 'good' };
    case 'activating':
    case 'reloading':
      return { text: 'Starting', tone: 'attention' };
    case 'deactivating':
      return { text: 'Stopping', tone: 'attention' };
    case 'failed':
      return { text: `Failed: ${service.result}`, tone: 'bad' };
    case 'inactive':
      return { text: 'Stopped', tone: 'quiet' };
    default:
      return { text: service.state, tone: 'quiet' };
  }
}

/** The verbs that make sense now: what runs is not started, what stands still is not stopped. */
export function offeredVerbs(service: Pick<Service, 'state' | 'sub' | 'can'>): string[] {
  const isUp = service.state === 'active' && service.sub !== 'exited';
  const isDown = service.state === 'inactive' || service.state === 'failed';
  return service.can.filter((verb) => !(verb === 'start' && isUp) && !(verb === 'stop' && isDown));
}

export function arrayLabel(array: Pick<RaidArray, 'state' | 'present' | 'wanted'>): Label {
  switch (array.state) {
    case 'clean':
      return { text: 'In sync', tone: 'good' };
    case 'resyncing':
      return { text: 'Rebuilding', tone: 'attention' };
    case 'degraded':
      return { text: `Degraded, ${array.present} of ${array.wanted} disks`, tone: 'bad' };
    case 'missing':
      return { text: 'Missing', tone: 'bad' };
  }
}

/** The kernel's words for what an array does. */
const kSyncWords: Partial<Record<string, string>> = { recover: 'rebuild', resync: 'first sync' };

/** "12.5% of first sync, 210 MiB/s, 1 h 4 m left"; null when nothing runs. */
export function syncText(array: Pick<RaidArray, 'sync'>): string | null {
  const { sync } = array;
  if (sync === null || sync.action === '' || sync.action === 'idle') {
    return null;
  }
  const action = kSyncWords[sync.action] ?? sync.action;
  const parts = [
    sync.progress === null
      ? `Waiting for the ${action}`
      : `${(100 * sync.progress).toFixed(1)}% of ${action}`,
  ];
  if (sync.bytes_per_second !== null && sync.bytes_per_second > 0) {
    parts.push(`${formatBytes(sync.bytes_per_second)}/s`);
  }
  if (sync.remaining_s !== null) {
    parts.push(`${formatDuration(sync.remaining_s)} left`);
  }
  return parts.join(', ');
}

/** Share of `size`, in percent, for a bar; never more than what is left of it. */
export function percent(part: number, size: number): number {
  return size > 0 ? Math.min(100, Math.max(0, (100 * part) / size)) : 0;
}

export function canaryLabel(canary: Health['canary']): Label {
  switch (canary.state) {
    case 'ok':
      return {
        text: canary.latency_ms === null ? 'Arrived' : `Arrived in ${formatDuration(canary.latency_ms / 1000)}`,
        tone: 'good',
      };
    case 'failed':
      return { text: 'Did not arrive', tone: 'bad' };
    case 'pending':
      return { text: 'Not sent yet', tone: 'quiet' };
  }
}

/** What an ended operation says of itself. */
export function resultText(operation: Operation): string {
  const { result } = operation;
  if (typeof result === 'string' && result !== '') {
    return result;
  }
  return operation.state === 'done' ? 'Done.' : operation.step;
}

export const kLogEntriesMax = 2_000;

/** Adds what is new at the end; the oldest go when there are too many. */
export function appendEntries(entries: LogEntry[], arrived: LogEntry[]): LogEntry[] {
  if (arrived.length === 0) {
    return entries;
  }
  const known = new Set(entries.map((entry) => entry.cursor));
  return [...entries, ...arrived.filter((entry) => !known.has(entry.cursor))].slice(-kLogEntriesMax);
}

/** Syslog's severities as the page shows them. */
export function priorityTone(priority: number): Tone {
  if (priority <= 3) {
    return 'bad';
  }
  return priority === 4 ? 'attention' : 'quiet';
}

/** "bristle-api.service" as "api". */
export function shortUnit(unit: string): string {
  return unit.replace(/^bristle-/, '').replace(/\.service$/, '');
}
