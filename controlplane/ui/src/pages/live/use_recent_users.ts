// SPDX-License-Identifier: LicenseRef-Project
// How many users sent an event in the last five minutes, asked from the store.
import { useQuery } from '@tanstack/react-query';
import { runQuery } from '@/api/query';
import { useProject } from '@/api/project';
import type { TableResponse } from '@/api/types';

const kWindowMinutes = 5;
const kRefreshMs = 10_000;

/** `data` is the number of users. */
export function useRecentUsers() {
  const project = useProject();
  return useQuery({
    queryKey: ['recent_users', project.id],
    queryFn: async ({ signal }) => {
      const answer = await runQuery<TableResponse>(
        project.id,
        {
          kind: 'EventsQuery',
          select: ['count(distinct distinct_id)'],
          after: new Date(Date.now() - kWindowMinutes * 60_000).toISOString(),
        },
        signal,
      );
      const value = answer.results[0]?.[0];
      return typeof value === 'number' ? value : 0;
    },
    refetchInterval: kRefreshMs,
  });
}
