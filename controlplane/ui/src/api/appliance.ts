// SPDX-License-Identifier: LicenseRef-Project
// The machine itself: what the appliance service says and does. Shapes as in
// docs/formats/appliance-bus.md.
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { request } from './client';
import { ApiError } from './errors';

export type HealthState = 'ok' | 'warning' | 'critical';
export type Verb = 'start' | 'stop' | 'restart' | 'reset-failed';

export interface Problem {
  noun: string;
  severity: 'warning' | 'critical';
  code: string;
  text: string;
  advice: string;
}

export interface RaidSync {
  action: string;
  progress: number | null;
  bytes_per_second: number | null;
  remaining_s: number | null;
}

export interface RaidArray {
  name: string;
  device: string;
  state: 'clean' | 'degraded' | 'resyncing' | 'missing';
  wanted: number;
  present: number;
  members: { disk: string; serial: string; state: string }[];
  sync: RaidSync | null;
}

export interface Disk {
  name: string;
  serial: string;
  model: string;
  size_bytes: number;
  role: 'member' | 'blank' | 'foreign';
  boot: boolean;
  text: string;
}

export interface Health {
  state: HealthState;
  problems: Problem[];
  version: string;
  slot: string;
  hostname: string;
  uptime_s: number;
  boot: { phase: 'ready' | 'starting' | 'first-boot' | 'recovery'; text: string };
  capture: { state: 'up' | 'down'; rate_per_second: number | null; events_total: number | null };
  canary: {
    state: 'ok' | 'failed' | 'pending';
    at: string | null;
    latency_ms: number | null;
    text: string;
  };
  clock: { synchronized: boolean };
  page_url: string;
  addresses: { interface: string; address: string; network: string }[];
  disk_budget: {
    path: string;
    size_bytes: number;
    used_bytes: number;
    parts: { name: string; bytes: number }[];
  };
  memory: { total_bytes: number; available_bytes: number };
  raid: { arrays: RaidArray[]; disks: Disk[] };
}

export interface Service {
  unit: string;
  title: string;
  state: string;
  sub: string;
  since_us: number;
  restarts: number;
  pid: number;
  memory_bytes: number | null;
  cpu_ns: number | null;
  status_text: string;
  result: string;
  can: string[];
}

export interface Plan {
  steps: string[];
  warnings: string[];
}

export interface Operation {
  id: string;
  state: 'running' | 'done' | 'failed';
  progress: number | null;
  step: string;
  result: unknown;
}

export interface LogEntry {
  cursor: string;
  time_us: number;
  priority: number;
  unit: string;
  message: string;
}

export interface LogPage {
  entries: LogEntry[];
  next: string;
}

const kPath = '/api/appliance/';
const kHealthKey = ['appliance'] as const;
const kServicesKey = ['appliance', 'services'] as const;
const kRefreshMs = 5_000;
const kOperationMs = 700;

/** Whether this installation is an appliance that the signed-in user runs. */
export function useIsAppliance(): boolean {
  const availability = useQuery({
    queryKey: [...kHealthKey, 'availability'],
    queryFn: ({ signal }) => request<{ available: boolean }>(`${kPath}availability/`, { signal }),
    staleTime: Infinity,
  });
  return availability.data?.available ?? false;
}

/** Health of the machine; an error on an installation that is none, or for who may not see it. */
export function useHealth() {
  return useQuery({
    queryKey: kHealthKey,
    queryFn: ({ signal }) => request<Health>(kPath, { signal }),
    refetchInterval: kRefreshMs,
  });
}

export function useServices() {
  return useQuery({
    queryKey: kServicesKey,
    queryFn: async ({ signal }) =>
      (await request<{ services: Service[] }>(`${kPath}services/`, { signal })).services,
    refetchInterval: kRefreshMs,
  });
}

/** What the verb would do; asked anew each time, because the state of things changes. */
export function useServicePlan(unit: string, verb: Verb) {
  return useQuery({
    queryKey: [...kServicesKey, 'plan', unit, verb],
    queryFn: ({ signal }) =>
      request<Plan>(`${kPath}services/plan/`, { method: 'POST', body: { unit, verb }, signal }),
    staleTime: Infinity,
    gcTime: 0,
  });
}

export function useServiceAct() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (wanted: { unit: string; verb: Verb }) =>
      request<{ operation: string }>(`${kPath}services/act/`, { method: 'POST', body: wanted }),
    onSettled: () => client.invalidateQueries({ queryKey: kServicesKey, exact: true }),
  });
}

/** Stopping the API or the dataplane takes the page away for a moment; that is no failure. */
function isAbsence(error: unknown): boolean {
  return error instanceof ApiError && (error.status === 0 || error.status >= 502);
}

/** Follows an operation until it has ended. */
export function useOperation(id: string | null) {
  return useQuery({
    queryKey: ['appliance', 'operations', id],
    queryFn: ({ signal }) =>
      request<Operation>(`${kPath}operations/${encodeURIComponent(id ?? '')}/`, { signal }),
    enabled: id !== null,
    retry: (_, error) => isAbsence(error),
    retryDelay: kOperationMs,
    refetchInterval: ({ state }) =>
      state.data === undefined || state.data.state === 'running' ? kOperationMs : false,
    gcTime: 0,
  });
}

export interface LogQuery {
  /** Empty: all services of the product. */
  unit: string;
  filter: string;
}

/** The newest entries, or with a cursor those after it. */
export function fetchLog(query: LogQuery, cursor: string, signal: AbortSignal): Promise<LogPage> {
  const parameters = new URLSearchParams({ ...query, cursor, lines: '300' });
  return request<LogPage>(`${kPath}logs/?${parameters}`, { signal });
}
