// SPDX-License-Identifier: LicenseRef-Project
// Around the result of a query: skeleton, progress with the time it has taken, cancel, error.
import { Button, Group, Progress, Skeleton, Stack, Text } from '@mantine/core';
import { useQueryClient, type UseQueryResult } from '@tanstack/react-query';
import { useEffect, useState, type ReactNode } from 'react';
import { ErrorState } from './error_state';

/** A query that answers faster than this shows no progress, which would only flicker. */
const kProgressAfterMs = 700;

function useElapsed(active: boolean): number {
  const [elapsed, setElapsed] = useState(0);
  useEffect(() => {
    setElapsed(0);
    if (!active) {
      return undefined;
    }
    const start = performance.now();
    const timer = setInterval(() => setElapsed(performance.now() - start), 200);
    return () => clearInterval(timer);
  }, [active]);
  return elapsed;
}

function QueryProgress({ elapsed }: { elapsed: number }) {
  const client = useQueryClient();
  if (elapsed < kProgressAfterMs) {
    return null;
  }
  const cancel = () => void client.cancelQueries({ queryKey: ['query'] });
  return (
    <Stack gap={6} mb="sm" role="status">
      <Progress value={100} animated size="xs" aria-label="Query is running" />
      <Group justify="space-between">
        <Text c="dimmed" fz="xs" className="numeric">
          Computing… {(elapsed / 1000).toFixed(1)} s
        </Text>
        <Button size="compact-xs" variant="subtle" color="gray" onClick={cancel}>
          Cancel
        </Button>
      </Group>
    </Stack>
  );
}

interface QueryFrameProps<T> {
  query: UseQueryResult<T>;
  /** Heading over an error; says by itself whether the query was refused when missing. */
  errorTitle?: string;
  height?: number;
  children: (data: T) => ReactNode;
}

export function QueryFrame<T>({ query, errorTitle, height = 360, children }: QueryFrameProps<T>) {
  const elapsed = useElapsed(query.isFetching);
  const retry = () => void query.refetch();
  if (query.isError) {
    return <ErrorState error={query.error} title={errorTitle} onRetry={retry} />;
  }
  const canceled = query.isPending || query.isPlaceholderData;
  if (!query.isFetching && canceled) {
    const error = new Error('The query was stopped before it answered.');
    return <ErrorState error={error} title="Canceled" onRetry={retry} />;
  }
  if (query.data !== undefined) {
    return (
      <div aria-busy={query.isFetching}>
        <QueryProgress elapsed={elapsed} />
        <div style={{ opacity: query.isPlaceholderData ? 0.55 : 1, transition: 'opacity 120ms' }}>
          {children(query.data)}
        </div>
      </div>
    );
  }
  return (
    <div aria-busy="true">
      <QueryProgress elapsed={elapsed} />
      <Skeleton height={height} radius="md" />
      <Skeleton height={14} mt="md" width="60%" />
      <Skeleton height={14} mt="xs" width="45%" />
    </div>
  );
}
