// SPDX-License-Identifier: LicenseRef-Project
// Live events: what arrives, newest on top.
import { Button, CloseButton, Group, Kbd, Skeleton, Stack, Text, TextInput } from '@mantine/core';
import { useDebouncedCallback } from '@mantine/hooks';
import { Activity, Pause, Play, SearchX } from 'lucide-react';
import { useEffect, useState } from 'react';
import type { LiveEvent, LiveFilter } from '@/api/live_events';
import { useProject } from '@/api/project';
import { CodeBlock } from '@/components/code_block';
import { EmptyState } from '@/components/empty_state';
import { ErrorState } from '@/components/error_state';
import { EventPicker } from '@/components/event_picker';
import { PageHeader } from '@/components/page_header';
import { formatNumber } from '@/logic/format';
import { asObject, asString, asStringOrNull } from '@/logic/json_guard';
import { curlSnippet } from '@/logic/snippets';
import { useUrlState } from '@/logic/url_state';
import { useKeys } from '@/shell/shortcuts';
import { EventRow } from './event_row';
import { LiveStatistics } from './live_statistics';
import { useLiveEvents } from './use_live_events';

const kClockMs = 1000;

function parseFilter(value: unknown): LiveFilter {
  const object = asObject(value);
  return {
    event: asStringOrNull(object['event']),
    distinctId: asString(object['distinctId'], ''),
  };
}

function useNow(): number {
  const [now, setNow] = useState(Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), kClockMs);
    return () => clearInterval(timer);
  }, []);
  return now;
}

function EventTable({ rows }: { rows: LiveEvent[] }) {
  const now = useNow();
  const { timezone } = useProject();
  return (
    <div className="table_scroll surface">
      <table className="data_table" aria-label="Live events">
        <thead>
          <tr>
            <td />
            <th scope="col">Event</th>
            <th scope="col">Distinct ID</th>
            <th scope="col">Source</th>
            <th scope="col">Receipt</th>
            <th scope="col" className="right">
              Time
            </th>
          </tr>
        </thead>
        <tbody>
          {rows.map((event) => (
            <EventRow
              key={event.uuid}
              event={event}
              isNew={event.receipt === 'durable'}
              now={now}
              timeZone={timezone}
            />
          ))}
        </tbody>
      </table>
    </div>
  );
}

function NothingYet({ filtered }: { filtered: boolean }) {
  const { api_token } = useProject();
  if (filtered) {
    return (
      <EmptyState
        icon={SearchX}
        title="No events match"
        hint="Nothing in the last 7 days fits these filters. New events that fit will appear here."
      />
    );
  }
  return (
    <EmptyState
      icon={Activity}
      title="No events yet"
      hint="Send one with the line below, or set up an SDK from the project settings. It appears here within a second."
    >
      <div style={{ width: '100%', maxWidth: 720, textAlign: 'left', marginTop: 12 }}>
        <CodeBlock code={curlSnippet(window.location.origin, api_token)} what="curl command" />
      </div>
    </EmptyState>
  );
}

interface FilterBarProps {
  filter: LiveFilter;
  onChange: (change: Partial<LiveFilter>) => void;
}

function FilterBar({ filter, onChange }: FilterBarProps) {
  const [text, setText] = useState(filter.distinctId);
  const settle = useDebouncedCallback(
    (typed: string) => onChange({ distinctId: typed.trim() }),
    300,
  );
  const change = (typed: string) => {
    setText(typed);
    settle(typed);
  };
  return (
    <Group gap="xs" style={{ flex: '1 1 24rem' }}>
      <div className="filter_field">
        <EventPicker
          label="Filter by event"
          value={filter.event}
          onChange={(event) => onChange({ event })}
        />
      </div>
      <TextInput
        aria-label="Filter by distinct ID"
        placeholder="Distinct ID"
        value={text}
        onChange={(event) => change(event.currentTarget.value)}
        rightSection={
          text === '' ? null : (
            <CloseButton size="sm" aria-label="Clear distinct ID" onClick={() => change('')} />
          )
        }
        className="filter_field"
      />
    </Group>
  );
}

export default function LivePage() {
  const [filter, setFilter] = useUrlState(parseFilter);
  const [paused, setPaused] = useState(false);
  const { rows, stream, stored } = useLiveEvents(filter, paused);
  useKeys((key) => {
    if (key === 'p') {
      setPaused((current) => !current);
    }
  });
  const filtered = filter.event !== null || filter.distinctId !== '';

  return (
    <>
      <PageHeader
        title="Live events"
        description="Every event as it reaches durable storage, newest on top."
        actions={<LiveStatistics status={stream.status} rate={stream.rate} paused={paused} />}
      />
      <Stack gap="md">
        <Group justify="space-between">
          <FilterBar filter={filter} onChange={setFilter} />
          <Group gap="sm">
            {paused && (
              <Text fz="sm" c="dimmed" role="status" className="numeric">
                {formatNumber(stream.held)} new while paused
              </Text>
            )}
            <Button
              variant={paused ? 'filled' : 'default'}
              leftSection={paused ? <Play size={16} /> : <Pause size={16} />}
              rightSection={<Kbd size="xs">P</Kbd>}
              onClick={() => setPaused(!paused)}
            >
              {paused ? 'Resume' : 'Pause'}
            </Button>
          </Group>
        </Group>
        {stored.isError && (
          <ErrorState error={stored.error} onRetry={() => void stored.refetch()} />
        )}
        {rows.length > 0 && <EventTable rows={rows} />}
        {rows.length === 0 && stored.isPending && <Skeleton height={320} radius="lg" />}
        {rows.length === 0 && stored.isSuccess && (
          <div className="surface">
            <NothingYet filtered={filtered} />
          </div>
        )}
      </Stack>
    </>
  );
}
