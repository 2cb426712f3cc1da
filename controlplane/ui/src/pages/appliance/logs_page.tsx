// SPDX-License-Identifier: LicenseRef-Project
// What the services say: one or all, filtered, followed.
import { Group, Select, Switch, Text, TextInput } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { ScrollText } from 'lucide-react';
import { useLayoutEffect, useRef, useState } from 'react';
import { useSearchParams } from 'wouter';
import { useServices, type LogEntry } from '@/api/appliance';
import { useProject } from '@/api/project';
import { EmptyState } from '@/components/empty_state';
import { ErrorState } from '@/components/error_state';
import { PageHeader } from '@/components/page_header';
import { priorityTone, shortUnit } from '@/logic/appliance';
import { useLog } from './use_log';

const kFilterDelayMs = 300;

function clock(timeUs: number, timeZone: string): string {
  return new Intl.DateTimeFormat('en-US', {
    month: 'short',
    day: 'numeric',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    hourCycle: 'h23',
    timeZone,
  }).format(new Date(timeUs / 1000));
}

function LogLines({ entries, isFollowed }: { entries: LogEntry[]; isFollowed: boolean }) {
  const { timezone } = useProject();
  const pane = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    if (isFollowed && pane.current !== null) {
      pane.current.scrollTop = pane.current.scrollHeight;
    }
  }, [entries, isFollowed]);
  return (
    // A scrolling region has to be reachable by keyboard.
    <div ref={pane} className="surface log_pane" role="log" aria-label="Log" tabIndex={0}>
      {entries.map((entry) => (
        <div key={entry.cursor} className={`log_line log_${priorityTone(entry.priority)}`}>
          <span className="log_time">{clock(entry.time_us, timezone)}</span>
          <span className="log_unit">{shortUnit(entry.unit)}</span>
          <span className="log_text">{entry.message}</span>
        </div>
      ))}
    </div>
  );
}

export default function LogsPage() {
  const [parameters, setParameters] = useSearchParams();
  const unit = parameters.get('unit') ?? '';
  const [filter, setFilter] = useState('');
  const [settledFilter] = useDebouncedValue(filter, kFilterDelayMs);
  const [isFollowed, setIsFollowed] = useState(true);
  const services = useServices();
  const log = useLog({ unit, filter: settledFilter }, isFollowed);
  const units = (services.data ?? []).map((service) => ({
    value: service.unit,
    label: service.title,
  }));
  return (
    <>
      <PageHeader title="Logs" description="What the services of this machine say, newest last." />
      <Group mb="md" align="flex-end">
        <Select
          label="Service"
          data={[{ value: '', label: 'All services' }, ...units]}
          value={unit}
          allowDeselect={false}
          onChange={(chosen) => setParameters(chosen === null || chosen === '' ? {} : { unit: chosen })}
          w={260}
        />
        <TextInput
          label="Contains"
          placeholder="Any text"
          value={filter}
          onChange={(event) => setFilter(event.currentTarget.value)}
          style={{ flex: '1 1 14rem' }}
        />
        <Switch
          label="Follow"
          checked={isFollowed}
          onChange={(event) => setIsFollowed(event.currentTarget.checked)}
          mb={8}
        />
      </Group>
      {log.error !== null && <ErrorState error={log.error} title="The log cannot be read" />}
      {log.entries.length > 0 && <LogLines entries={log.entries} isFollowed={isFollowed} />}
      {log.entries.length === 0 && !log.isLoading && log.error === null && (
        <div className="surface">
          <EmptyState
            icon={ScrollText}
            title="No entries"
            hint="Choose another service or change the text to look for."
          />
        </div>
      )}
      <Text fz="xs" c="dimmed" mt="xs" role="status">
        {log.isLoading ? 'Loading' : `${log.entries.length} entries`}
      </Text>
    </>
  );
}
