// SPDX-License-Identifier: LicenseRef-Project
// What a project collects: its privacy policy, its rates and quotas, events without cookies.
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { request } from './client';
import { useProject } from './project';

export type PatternAction = 'off' | 'redact' | 'drop' | 'quarantine';
export type NameAction = Exclude<PatternAction, 'off'>;
export type NameMode = 'off' | 'deny' | 'allow';
export type Pattern = 'email' | 'phone' | 'card' | 'iban';

/** As stored: every field may be absent. */
export interface PrivacyPolicy {
  enabled?: boolean;
  patterns?: Partial<Record<Pattern, PatternAction>>;
  properties?: { mode?: NameMode; names?: string[]; action?: NameAction };
  address?: 'drop' | 'hash';
}

export interface PrivacyAnswer {
  /** Null where the installation decides. */
  policy: PrivacyPolicy | null;
  installation_default: 'off' | 'standard';
  /** What the product means by "standard". */
  standard: PrivacyPolicy;
}

export const kResources = ['events', 'exceptions', 'surveys', 'llm_events', 'recordings'] as const;
export type Resource = (typeof kResources)[number];

/** As sent: a rate that is no number is the server's to refuse. */
export interface ProjectLimits {
  events_per_second?: number | string;
  bytes_per_second?: number | string;
  quota_limited?: Resource[];
}

interface LimitsAnswer {
  limits: ProjectLimits | null;
}

interface ProjectAnswer {
  cookieless_server_hash_mode: number;
}

/** A resource of the project that is read once and replaced as a whole. */
function useResource<T>(path: string) {
  return useQuery({
    queryKey: ['collection', path],
    queryFn: ({ signal }) => request<T>(path, { signal }),
    staleTime: Infinity,
  });
}

function useReplace<T, V>(path: string, send: (value: V) => Promise<T>) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: send,
    onSuccess: (answer) => client.setQueryData(['collection', path], answer),
  });
}

/** Replaces a document, or takes it away where the installation is to decide. */
function putOrDelete<T>(path: string, document: object | null): Promise<T> {
  return document === null
    ? request<T>(path, { method: 'DELETE' })
    : request<T>(path, { method: 'PUT', body: document });
}

function usePath(rest: string): string {
  return `/api/projects/${useProject().id}/${rest}`;
}

export function usePrivacy() {
  return useResource<PrivacyAnswer>(usePath('privacy/'));
}

export function useSavePrivacy() {
  const path = usePath('privacy/');
  return useReplace(path, (policy: PrivacyPolicy | null) => putOrDelete<PrivacyAnswer>(path, policy));
}

export function useLimits() {
  return useResource<LimitsAnswer>(usePath('limits/'));
}

export function useSaveLimits() {
  const path = usePath('limits/');
  return useReplace(path, (limits: ProjectLimits | null) => putOrDelete<LimitsAnswer>(path, limits));
}

export function useCollectingProject() {
  return useResource<ProjectAnswer>(usePath(''));
}

export function useSaveCookieless() {
  const path = usePath('');
  return useReplace(path, (isOn: boolean) =>
    request<ProjectAnswer>(path, {
      method: 'PATCH',
      body: { cookieless_server_hash_mode: isOn ? 1 : 0 },
    }),
  );
}
