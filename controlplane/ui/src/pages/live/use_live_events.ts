// SPDX-License-Identifier: LicenseRef-Project
// Follows the live stream: batches arrivals into renders, holds them back while paused, and asks
// the store which of them queries can already find.
import { useQuery } from '@tanstack/react-query';
import { useCallback, useEffect, useRef, useState } from 'react';
import { fetchStored, streamAddress, type LiveEvent, type LiveFilter } from '@/api/live_events';
import { openStream, type StreamStatus } from '@/api/live_stream';
import { useProject } from '@/api/project';
import { addStreamed, arrivalRate, kRowsMax, mergeStored, recentArrivals } from '@/logic/live_rows';

/** Arrivals are drawn this often at most, whatever their rate. */
const kDrawMs = 250;
const kStoredCheckMs = 2000;

interface Stream {
  status: StreamStatus;
  rate: number;
  held: number;
}

export function useLiveEvents(filter: LiveFilter, paused: boolean) {
  const project = useProject();
  const [rows, setRows] = useState<LiveEvent[]>([]);
  const [stream, setStream] = useState<Stream>({ status: 'connecting', rate: 0, held: 0 });
  const waiting = useRef<LiveEvent[]>([]);
  const arrivals = useRef<number[]>([]);
  const pausedNow = useRef(paused);
  pausedNow.current = paused;

  const draw = useCallback(() => {
    const now = performance.now();
    arrivals.current = recentArrivals(arrivals.current, now);
    if (!pausedNow.current && waiting.current.length > 0) {
      const arrived = waiting.current;
      waiting.current = [];
      setRows((current) => addStreamed(current, arrived));
    }
    const rate = arrivalRate(arrivals.current, now);
    const held = waiting.current.length;
    setStream((current) =>
      current.rate === rate && current.held === held ? current : { ...current, rate, held },
    );
  }, []);

  const { event: eventName, distinctId } = filter;
  useEffect(() => {
    setRows([]);
    waiting.current = [];
    arrivals.current = [];
    setStream({ status: 'connecting', rate: 0, held: 0 });
    const stream = openStream(streamAddress({ event: eventName, distinctId }), {
      onStatus: (status) => setStream((current) => ({ ...current, status })),
      onEvent: (event) => {
        arrivals.current.push(performance.now());
        waiting.current = [...waiting.current.slice(1 - kRowsMax), event];
      },
    });
    const timer = setInterval(draw, kDrawMs);
    return () => {
      clearInterval(timer);
      stream.close();
    };
  }, [eventName, distinctId, draw]);

  const awaitsStore = rows.some((row) => row.receipt === 'durable');
  const stored = useQuery({
    queryKey: ['stored_events', project.id, filter],
    queryFn: ({ signal }) => fetchStored(project.id, filter, signal),
    refetchInterval: awaitsStore ? kStoredCheckMs : false,
    gcTime: 0,
  });
  // After a break the stream does not repeat what it missed; the store has it.
  const { refetch } = stored;
  const { status } = stream;
  useEffect(() => {
    if (status === 'open') {
      void refetch();
    }
  }, [status, refetch]);

  const storedEvents = stored.data;
  useEffect(() => {
    if (storedEvents !== undefined) {
      setRows((current) => mergeStored(current, storedEvents));
    }
  }, [storedEvents]);

  return { rows, stream, stored };
}
