// SPDX-License-Identifier: LicenseRef-Project
// Who is signed in. A 401 from any request makes the page show the sign-in form in place.
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { request } from './client';
import { ApiError } from './errors';
import type { User } from './types';

export const kSessionKey = ['session'] as const;

async function fetchUser(signal: AbortSignal): Promise<User | null> {
  try {
    return await request<User>('/api/users/@me/', { signal });
  } catch (error) {
    if (error instanceof ApiError && (error.status === 401 || error.status === 403)) {
      return null;
    }
    throw error;
  }
}

/** The signed-in user; `data` is null when there is none. */
export function useSession() {
  return useQuery({
    queryKey: kSessionKey,
    queryFn: ({ signal }) => fetchUser(signal),
    staleTime: 5 * 60_000,
  });
}

export function useSignIn() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (credentials: { email: string; password: string }) =>
      request<{ success: boolean }>('/api/login', { method: 'POST', body: credentials }),
    onSuccess: () => client.invalidateQueries(),
  });
}

export function useSignOut() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: () => request<void>('/api/logout', { method: 'POST', body: {} }),
    onSuccess: () => {
      client.clear();
      client.setQueryData(kSessionKey, null);
    },
  });
}
