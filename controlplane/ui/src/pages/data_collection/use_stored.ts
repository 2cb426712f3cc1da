// SPDX-License-Identifier: LicenseRef-Project
// Counts of what was stored lately, by what quotas are counted in, and of what was quarantined.
import { useQuery } from '@tanstack/react-query';
import { kResources, type Resource } from '@/api/collection';
import { useProject } from '@/api/project';
import { runQuery } from '@/api/query';
import type { TableResponse } from '@/api/types';

/** Recordings are no events: they are not among these. */
const kByResource = `SELECT multiIf(event = '$exception', 'exceptions', startsWith(event, '$ai_'), 'llm_events',
  event IN ('survey sent', 'survey shown', 'survey dismissed'), 'surveys', 'events') AS resource, count() AS amount
FROM events WHERE timestamp > now() - toIntervalDay(30) GROUP BY resource`;

const kQuarantined = `SELECT properties.$quarantined_event AS name, properties.$quarantined_property AS property,
  properties.$quarantined_by AS rule, count() AS amount
FROM events WHERE event = '$privacy_quarantine' AND timestamp > now() - toIntervalDay(1)
GROUP BY name, property, rule ORDER BY amount DESC LIMIT 20`;

export type StoredByResource = Partial<Record<Resource, number>>;

export interface Quarantined {
  event: string;
  property: string;
  rule: string;
  count: number;
}

function useTable<T>(name: string, statement: string, read: (rows: unknown[][]) => T) {
  const project = useProject();
  return useQuery({
    queryKey: ['query', project.id, name],
    queryFn: async ({ signal }) => {
      const answer = await runQuery<TableResponse>(
        project.id,
        { kind: 'HogQLQuery', query: statement },
        signal,
      );
      return read(answer.results);
    },
    staleTime: 30_000,
  });
}

function readStored(rows: unknown[][]): StoredByResource {
  const stored: StoredByResource = { events: 0, exceptions: 0, surveys: 0, llm_events: 0 };
  for (const [name, count] of rows) {
    const resource = kResources.find((each) => each === name);
    if (resource !== undefined) {
      stored[resource] = Number(count);
    }
  }
  return stored;
}

function readQuarantined(rows: unknown[][]): Quarantined[] {
  return rows.map(([event, property, rule, count]) => ({
    event: String(event ?? ''),
    property: String(property ?? ''),
    rule: String(rule ?? ''),
    count: Number(count),
  }));
}

export function useStoredByResource() {
  return useTable('stored_by_resource', kByResource, readStored);
}

export function useQuarantined() {
  return useTable('quarantined', kQuarantined, readQuarantined);
}
