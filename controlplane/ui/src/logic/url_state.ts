// SPDX-License-Identifier: LicenseRef-Project
// A page's query state kept in the address (`?q=` with JSON), so that a link shows the same chart.
import { useCallback, useMemo } from 'react';
import { useLocation, useSearch } from 'wouter';

/** Text of the `q` parameter for a state. */
export function encodeState(state: object): string {
  return new URLSearchParams({ q: JSON.stringify(state) }).toString();
}

/** The JSON value of the `q` parameter; undefined when it is missing or broken. */
export function decodeState(search: string): unknown {
  const text = new URLSearchParams(search).get('q');
  if (text === null) {
    return undefined;
  }
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

/**
 * State of a page. `parse` must accept anything and return a valid state; it must not change
 * between renders. Every change replaces the address without adding a history entry.
 */
export function useUrlState<T extends object>(
  parse: (value: unknown) => T,
): [T, (change: Partial<T>) => void] {
  const search = useSearch();
  const [location, navigate] = useLocation();
  const state = useMemo(() => parse(decodeState(search)), [search, parse]);
  const update = useCallback(
    (change: Partial<T>) => {
      navigate(`${location}?${encodeState({ ...state, ...change })}`, { replace: true });
    },
    [location, navigate, state],
  );
  return [state, update];
}
