// SPDX-License-Identifier: LicenseRef-Project
// What these settings, and mistakes of senders, kept out in the last 24 hours.
import { Anchor, Skeleton, Text, Title } from '@mantine/core';
import { Link } from 'wouter';
import { useLedger } from '@/api/ledger';
import { ErrorState } from '@/components/error_state';
import { Surface } from '@/components/surface';
import { formatNumber } from '@/logic/format';
import { RefusalsTable } from '../data_health/refusals_table';
import { useQuarantined, type Quarantined } from './use_stored';

function QuarantineTable({ rows }: { rows: Quarantined[] }) {
  if (rows.length === 0) {
    return (
      <Text c="dimmed" fz="sm">
        None.
      </Text>
    );
  }
  return (
    <div className="table_scroll" tabIndex={0} role="region" aria-label="Quarantined by the privacy policy">
      <table className="data_table" aria-label="Quarantined by the privacy policy">
        <thead>
          <tr>
            <th scope="col">Event</th>
            <th scope="col">Property</th>
            <th scope="col">Rule</th>
            <th scope="col" className="right">
              Events
            </th>
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={`${row.event} ${row.property} ${row.rule}`}>
              <th scope="row">{row.event}</th>
              <td>{row.property}</td>
              <td>{row.rule}</td>
              <td className="right numeric">{formatNumber(row.count)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

export function RefusedCard() {
  const ledger = useLedger(1440);
  const quarantined = useQuarantined();
  return (
    <Surface
      title="Kept out in the last 24 hours"
      actions={
        <Anchor
          component={Link}
          fz="sm"
          style={{ whiteSpace: 'nowrap' }}
          href={`/data-health?q=${encodeURIComponent(JSON.stringify({ minutes: '1440' }))}`}
        >
          Open Data health
        </Anchor>
      }
    >
      <Title order={3} fz="sm" mb={4}>
        Refused
      </Title>
      {ledger.isPending && <Skeleton height={60} />}
      {ledger.isError && <ErrorState error={ledger.error} onRetry={() => void ledger.refetch()} />}
      {ledger.data !== undefined && (
        <RefusalsTable refusals={ledger.data.refusals} label="Refused in the last 24 hours" />
      )}
      <Title order={3} fz="sm" mt="md" mb={4}>
        Quarantined by the privacy policy
      </Title>
      {quarantined.isPending && <Skeleton height={60} />}
      {quarantined.isError && (
        <ErrorState error={quarantined.error} onRetry={() => void quarantined.refetch()} />
      )}
      {quarantined.data !== undefined && <QuarantineTable rows={quarantined.data} />}
    </Surface>
  );
}
