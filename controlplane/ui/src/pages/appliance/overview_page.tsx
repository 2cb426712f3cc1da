// SPDX-License-Identifier: LicenseRef-Project
// The machine at a glance: health first, then capture, storage and addresses.
import { SimpleGrid, Skeleton, Stack } from '@mantine/core';
import { useHealth } from '@/api/appliance';
import { ErrorState } from '@/components/error_state';
import { PageHeader } from '@/components/page_header';
import { AddressesCard, CaptureCard, MachineCard } from './facts_card';
import { HealthBanner } from './health_banner';
import { DiskBudgetCard, MemoryCard, RaidCard } from './storage_cards';

export default function OverviewPage() {
  const health = useHealth();
  return (
    <>
      <PageHeader
        title="Appliance"
        description="The machine that Bristle runs on. Refreshed every few seconds."
      />
      {health.isPending && <Skeleton height={240} />}
      {health.isError && (
        <ErrorState
          error={health.error}
          title="The appliance does not answer"
          onRetry={() => void health.refetch()}
        />
      )}
      {health.data !== undefined && (
        <Stack mt={health.isError ? 'md' : 0}>
          <HealthBanner health={health.data} />
          <SimpleGrid cols={{ base: 1, md: 2 }} spacing="md">
            <CaptureCard health={health.data} now={health.dataUpdatedAt} />
            <MachineCard health={health.data} />
            <RaidCard raid={health.data.raid} />
            <Stack>
              <DiskBudgetCard budget={health.data.disk_budget} />
              <MemoryCard memory={health.data.memory} />
              <AddressesCard health={health.data} />
            </Stack>
          </SimpleGrid>
        </Stack>
      )}
    </>
  );
}
