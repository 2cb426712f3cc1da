// SPDX-License-Identifier: LicenseRef-Project
// The log of one unit or of all, kept up to date while it is followed.
import { useEffect, useState } from 'react';
import { fetchLog, type LogEntry, type LogQuery } from '@/api/appliance';
import { appendEntries } from '@/logic/appliance';

const kFollowMs = 1_500;

export interface Log {
  entries: LogEntry[];
  isLoading: boolean;
  error: unknown;
}

interface State extends Log {
  cursor: string;
}

const kNothing: State = { entries: [], isLoading: true, error: null, cursor: '' };

/** Starts anew when the query changes; asks again after each answer while `isFollowed`. */
export function useLog({ unit, filter }: LogQuery, isFollowed: boolean): Log {
  const [state, setState] = useState<State>(kNothing);
  useEffect(() => setState(kNothing), [unit, filter]);
  const { cursor, isLoading } = state;
  const [round, setRound] = useState(0);
  useEffect(() => {
    if (!isLoading && !isFollowed) {
      return undefined;
    }
    const abortion = new AbortController();
    const ask = async () => {
      try {
        const page = await fetchLog({ unit, filter }, cursor, abortion.signal);
        setState((before) => ({
          entries: appendEntries(before.entries, page.entries),
          isLoading: false,
          error: null,
          cursor: page.next === '' ? before.cursor : page.next,
        }));
      } catch (error) {
        if (!abortion.signal.aborted) {
          setState((before) => ({ ...before, isLoading: false, error }));
        }
      }
      setRound((count) => count + 1);
    };
    const timer = setTimeout(() => void ask(), isLoading ? 0 : kFollowMs);
    return () => {
      clearTimeout(timer);
      abortion.abort();
    };
  }, [unit, filter, cursor, isLoading, isFollowed, round]);
  return state;
}
