// SPDX-License-Identifier: LicenseRef-Project
// Cache and retry rules of all requests; a lost session is noticed here, once.
import { MutationCache, QueryCache, QueryClient } from '@tanstack/react-query';
import { ApiError } from './errors';
import { kSessionKey } from './session';

const kRetriesMax = 2;

/** Only failures that may pass by themselves are worth another try. */
function mayRetry(failures: number, error: Error): boolean {
  const passing = !(error instanceof ApiError) || error.status === 0 || error.status >= 502;
  return passing && failures < kRetriesMax;
}

export function createQueryClient(): QueryClient {
  const noticeLostSession = (error: Error) => {
    if (error instanceof ApiError && error.status === 401) {
      client.setQueryData(kSessionKey, null);
    }
  };
  const client = new QueryClient({
    queryCache: new QueryCache({ onError: noticeLostSession }),
    mutationCache: new MutationCache({ onError: noticeLostSession }),
    defaultOptions: { queries: { retry: mayRetry, refetchOnWindowFocus: false } },
  });
  return client;
}
