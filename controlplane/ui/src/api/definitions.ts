// SPDX-License-Identifier: LicenseRef-Project
// Names of events and properties seen so far, for the pickers.
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { request } from './client';
import { useProject } from './project';
import type { EventDefinition, Page, PropertyDefinition } from './types';

const kNamesMax = 50;
const kStaleMs = 30_000;

export function useEventDefinitions(search: string, enabled: boolean) {
  const project = useProject();
  return useQuery({
    queryKey: ['event_definitions', project.id, search],
    queryFn: ({ signal }) => {
      const parameters = new URLSearchParams({ search, limit: String(kNamesMax) });
      return request<Page<EventDefinition>>(
        `/api/projects/${project.id}/event_definitions/?${parameters}`,
        { signal },
      );
    },
    placeholderData: keepPreviousData,
    staleTime: kStaleMs,
    enabled,
  });
}

/** `eventNames` narrows the answer to properties seen on these events; empty means all events. */
export function usePropertyDefinitions(search: string, eventNames: string[], enabled: boolean) {
  const project = useProject();
  return useQuery({
    queryKey: ['property_definitions', project.id, search, eventNames],
    queryFn: ({ signal }) => {
      const parameters = new URLSearchParams({ search, limit: String(kNamesMax) });
      if (eventNames.length > 0) {
        parameters.set('event_names', JSON.stringify(eventNames));
      }
      return request<Page<PropertyDefinition>>(
        `/api/projects/${project.id}/property_definitions/?${parameters}`,
        { signal },
      );
    },
    placeholderData: keepPreviousData,
    staleTime: kStaleMs,
    enabled,
  });
}
