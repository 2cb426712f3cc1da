// SPDX-License-Identifier: LicenseRef-Project
// Data health: nothing that was accepted goes uncounted, and this page shows the count.
import { Alert, Stack, Text } from '@mantine/core';
import { CircleCheck, ShieldCheck, TriangleAlert } from 'lucide-react';
import { useMemo } from 'react';
import { useLedger, type Ledger } from '@/api/ledger';
import { useProject } from '@/api/project';
import { EmptyState } from '@/components/empty_state';
import { PageHeader } from '@/components/page_header';
import { QueryFrame } from '@/components/query_frame';
import { SegmentedField } from '@/components/segmented_field';
import { Surface } from '@/components/surface';
import { kToneColors } from '@/logic/appliance';
import { formatInstant, pluralize } from '@/logic/format';
import { asObject } from '@/logic/json_guard';
import { ledgerAdvice, ledgerBars, ledgerLabel } from '@/logic/ledger';
import { useUrlState } from '@/logic/url_state';
import { LedgerChart } from './ledger_chart';
import { LedgerTable } from './ledger_table';
import { RefusalsTable } from './refusals_table';

const kBarsMax = 120;
const kRanges = [
  { value: '60', label: 'Last hour' },
  { value: '360', label: 'Last 6 hours' },
  { value: '1440', label: 'Last 24 hours' },
  { value: '10080', label: 'Last 7 days' },
];

function parseState(value: unknown): { minutes: string } {
  const wanted = asObject(value)['minutes'];
  return { minutes: kRanges.find((range) => range.value === wanted)?.value ?? '60' };
}

function LedgerBanner({ ledger, timeZone }: { ledger: Ledger; timeZone: string }) {
  const label = ledgerLabel(ledger);
  const advice = ledgerAdvice(ledger);
  const Icon = label.tone === 'good' ? CircleCheck : TriangleAlert;
  return (
    <Alert
      color={kToneColors[label.tone]}
      variant="light"
      role={label.tone === 'good' ? 'status' : 'alert'}
      title={label.text}
      icon={<Icon size={18} />}
      styles={{ title: { color: 'var(--mantine-color-text)' } }}
    >
      {ledger.unbalanced_since !== null && (
        <Text fz="sm">Since {formatInstant(ledger.unbalanced_since, timeZone)}.</Text>
      )}
      {advice !== null && <Text fz="sm">{advice}</Text>}
      {ledger.state === 'in_flight' && (
        <Text fz="sm">{pluralize(ledger.in_flight.records, 'record')} of the event log on the way.</Text>
      )}
    </Alert>
  );
}

function LedgerView({ ledger, timeZone }: { ledger: Ledger; timeZone: string }) {
  const bars = useMemo(() => ledgerBars(ledger, kBarsMax), [ledger]);
  const unknown = ledger.without_project.unknown_token_events;
  return (
    <Stack gap="md">
      <LedgerBanner ledger={ledger} timeZone={timeZone} />
      <Surface title="Received, and what became of it">
        {ledger.minutes.length === 0 ? (
          <EmptyState
            icon={ShieldCheck}
            title="Nothing was received in this time"
            hint="Send an event to this project, or choose a longer time."
          />
        ) : (
          <>
            <LedgerChart bars={bars} timeZone={timeZone} />
            <LedgerTable minutes={ledger.minutes} timeZone={timeZone} />
          </>
        )}
      </Surface>
      <Surface title="Refused requests of this project">
        <RefusalsTable refusals={ledger.refusals} label="Refusals of this project by reason" />
      </Surface>
      <Surface title="Requests that name no project">
        <Text fz="sm" c="dimmed" mb="sm">
          {unknown === 0
            ? 'No event came with a token that no project has.'
            : `${pluralize(unknown, 'event')} came with a token that no project has.`}{' '}
          Requests that cannot be read name no project either.
        </Text>
        <RefusalsTable
          refusals={ledger.without_project.refusals}
          label="Refused requests that name no project"
        />
      </Surface>
    </Stack>
  );
}

export default function DataHealthPage() {
  const project = useProject();
  const [state, setState] = useUrlState(parseState);
  const query = useLedger(Number(state.minutes));
  return (
    <>
      <PageHeader
        title="Data health"
        description="Every event that arrived, minute by minute, with what became of it."
      />
      <div style={{ maxWidth: 520, marginBottom: 16 }}>
        <SegmentedField
          label="Time"
          data={kRanges}
          value={state.minutes}
          onChange={(minutes) => setState({ minutes })}
        />
      </div>
      <QueryFrame query={query} errorTitle="The ledger cannot be read">
        {(ledger) => <LedgerView ledger={ledger} timeZone={project.timezone} />}
      </QueryFrame>
    </>
  );
}
