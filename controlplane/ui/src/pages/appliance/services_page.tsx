// SPDX-License-Identifier: LicenseRef-Project
// The services of the product: how each is, and start, stop and restart with their plan.
import { Anchor, Button, Group, Skeleton, Text } from '@mantine/core';
import { useState } from 'react';
import { Link } from 'wouter';
import { useServices, type Service, type Verb } from '@/api/appliance';
import { ErrorState } from '@/components/error_state';
import { PageHeader } from '@/components/page_header';
import { formatBytes, offeredVerbs, serviceLabel } from '@/logic/appliance';
import { formatAgo, formatNumber } from '@/logic/format';
import { ActDialog, kVerbWords, type Wish } from './act_dialog';
import { ToneBadge } from './tone_badge';

interface RowProps {
  service: Service;
  now: number;
  onWish: (wish: Wish) => void;
}

function isVerb(word: string): word is Verb {
  return word in kVerbWords;
}

function ServiceRow({ service, now, onWish }: RowProps) {
  const since = service.since_us > 0 ? new Date(service.since_us / 1000).toISOString() : null;
  return (
    <tr>
      <th scope="row">
        <Anchor
          component={Link}
          href={`/appliance/logs?unit=${encodeURIComponent(service.unit)}`}
          fz="sm"
          underline="always"
        >
          {service.title}
        </Anchor>
        <Text fz="xs" c="dimmed" ff="monospace">
          {service.unit}
        </Text>
      </th>
      <td>
        <ToneBadge label={serviceLabel(service)} />
        {service.status_text !== '' && (
          <Text fz="xs" c="dimmed" mt={2} maw={420}>
            {service.status_text}
          </Text>
        )}
      </td>
      <td style={{ whiteSpace: 'nowrap' }}>{since === null ? '–' : formatAgo(since, now)}</td>
      <td className="right numeric" style={{ whiteSpace: 'nowrap' }}>
        {formatBytes(service.memory_bytes)}
      </td>
      <td className="right numeric">{formatNumber(service.restarts)}</td>
      <td>
        <Group gap={6} wrap="nowrap" justify="flex-end">
          {offeredVerbs(service).filter(isVerb).map((verb) => (
            <Button
              key={verb}
              size="compact-xs"
              variant="default"
              aria-label={`${kVerbWords[verb]} ${service.title}`}
              onClick={() => onWish({ service, verb })}
            >
              {kVerbWords[verb]}
            </Button>
          ))}
        </Group>
      </td>
    </tr>
  );
}

export default function ServicesPage() {
  const services = useServices();
  const [wish, setWish] = useState<Wish | null>(null);
  return (
    <>
      <PageHeader
        title="Services"
        description="Everything Bristle consists of. A name leads to its log."
      />
      {services.isPending && <Skeleton height={320} />}
      {services.isError && (
        <ErrorState
          error={services.error}
          title="The services cannot be listed"
          onRetry={() => void services.refetch()}
        />
      )}
      {services.data !== undefined && (
        <div className="table_scroll surface">
          <table className="data_table" aria-label="Services">
            <thead>
              <tr>
                <th scope="col">Service</th>
                <th scope="col">State</th>
                <th scope="col">Since</th>
                <th scope="col" className="right">
                  Memory
                </th>
                <th scope="col" className="right">
                  Restarts
                </th>
                <td />
              </tr>
            </thead>
            <tbody>
              {services.data.map((service) => (
                <ServiceRow
                  key={service.unit}
                  service={service}
                  now={services.dataUpdatedAt}
                  onWish={setWish}
                />
              ))}
            </tbody>
          </table>
        </div>
      )}
      <ActDialog wish={wish} onClose={() => setWish(null)} />
    </>
  );
}
