// SPDX-License-Identifier: LicenseRef-Project
// The conservation ledger: what became of every event, minute by minute.
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { request } from './client';
import { useProject } from './project';

export interface LedgerMinute {
  /** Start of the minute, ISO 8601 UTC. */
  minute: string;
  /** Everything below together. */
  received: number;
  acknowledged: number;
  stored: number;
  duplicate: number;
  quarantined: number;
  dropped: number;
  refused: number;
  refused_by_reason: Record<string, number>;
  in_flight: number;
  /** Events without a known end; below 0, events with more than one. */
  missing: number;
}

export interface Refusal {
  reason: string;
  status: number;
  /** What the client was told. */
  text: string;
  requests: number;
  events: number;
}

export interface Ledger {
  state: 'balanced' | 'in_flight' | 'unbalanced';
  cause: 'events_missing' | 'worker_behind' | null;
  unbalanced_since: string | null;
  date_from: string;
  date_to: string;
  in_flight: { records: number; is_complete: boolean; oldest_received_at: string | null };
  /** Only minutes in which something happened, oldest first. */
  minutes: LedgerMinute[];
  refusals: Refusal[];
  /** Requests of this installation that name no project of it. */
  without_project: { unknown_token_events: number; refusals: Refusal[] };
}

const kRefreshMs = 5_000;

/** The last `minutes` minutes, kept up to date. */
export function useLedger(minutes: number) {
  const project = useProject();
  return useQuery({
    queryKey: ['query', 'ingestion_ledger', project.id, minutes],
    queryFn: ({ signal }) => {
      const next = Math.floor(Date.now() / 60_000) + 1;
      const from = new Date((next - minutes) * 60_000).toISOString();
      const parameters = new URLSearchParams({ from });
      return request<Ledger>(`/api/projects/${project.id}/ingestion_ledger/?${parameters}`, {
        signal,
      });
    },
    placeholderData: keepPreviousData,
    refetchInterval: kRefreshMs,
  });
}
