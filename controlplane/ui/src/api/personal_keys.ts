// SPDX-License-Identifier: LicenseRef-Project
// Personal API keys of the signed-in user.
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { request } from './client';
import type { Page, PersonalApiKey } from './types';

const kPath = '/api/personal_api_keys/';
const kQueryKey = ['personal_api_keys'] as const;

export function usePersonalKeys() {
  return useQuery({
    queryKey: kQueryKey,
    queryFn: async ({ signal }) => {
      const answer = await request<PersonalApiKey[] | Page<PersonalApiKey>>(kPath, { signal });
      return Array.isArray(answer) ? answer : answer.results;
    },
  });
}

/** The answer to a creation is the only one that carries the key's value. */
export function useCreatePersonalKey() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (label: string) =>
      request<PersonalApiKey>(kPath, { method: 'POST', body: { label, scopes: ['*'] } }),
    onSuccess: () => client.invalidateQueries({ queryKey: kQueryKey }),
  });
}

export function useDeletePersonalKey() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (id: string) =>
      request<void>(`${kPath}${encodeURIComponent(id)}/`, { method: 'DELETE' }),
    onSuccess: () => client.invalidateQueries({ queryKey: kQueryKey }),
  });
}
