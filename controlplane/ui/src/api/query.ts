// SPDX-License-Identifier: LicenseRef-Project
// Runs queries of the query endpoint; the same query asked twice is answered from the cache.
import { keepPreviousData, useQuery, type UseQueryResult } from '@tanstack/react-query';
import { useState } from 'react';
import { request } from './client';
import { useProject } from './project';
import type {
  EventsQuery,
  FunnelResult,
  FunnelsQuery,
  HogQLQuery,
  InsightResponse,
  RetentionQuery,
  RetentionRow,
  TableResponse,
  TrendsQuery,
  TrendsResult,
} from './types';

type Query = EventsQuery | FunnelsQuery | HogQLQuery | RetentionQuery | TrendsQuery;

/** Posts one query. */
export function runQuery<T>(projectId: number, query: Query, signal?: AbortSignal): Promise<T> {
  return request<T>(`/api/projects/${projectId}/query/`, {
    method: 'POST',
    body: { query },
    signal,
  });
}

function useInsight<T>(query: Query, enabled: boolean): UseQueryResult<InsightResponse<T>> {
  const project = useProject();
  return useQuery({
    queryKey: ['query', project.id, query],
    queryFn: ({ signal }) => runQuery<InsightResponse<T>>(project.id, query, signal),
    placeholderData: keepPreviousData,
    staleTime: 30_000,
    enabled,
  });
}

/** The state that the query's data answers: while a new query runs, the data shown is the one before. */
export function useAnsweredState<S>(state: S, { isPlaceholderData }: { isPlaceholderData: boolean }): S {
  const [answered, setAnswered] = useState(state);
  if (!isPlaceholderData && answered !== state) {
    setAnswered(state);
  }
  return isPlaceholderData ? answered : state;
}

export function useTrends(query: TrendsQuery, enabled: boolean) {
  return useInsight<TrendsResult>(query, enabled);
}

export function useFunnel(query: FunnelsQuery, enabled: boolean) {
  return useInsight<FunnelResult>(query, enabled);
}

export function useRetention(query: RetentionQuery, enabled: boolean) {
  return useInsight<RetentionRow>(query, enabled);
}

/** Rows of a HogQL statement; `run` counts the user's presses, so the same text runs again. */
export function useStatement(statement: string, run: number) {
  const project = useProject();
  return useQuery({
    queryKey: ['query', project.id, 'statement', statement, run],
    queryFn: ({ signal }) =>
      runQuery<TableResponse>(project.id, { kind: 'HogQLQuery', query: statement }, signal),
    enabled: run > 0,
    staleTime: Infinity,
  });
}
