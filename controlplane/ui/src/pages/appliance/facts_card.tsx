// SPDX-License-Identifier: LicenseRef-Project
// Capture, canary, and what runs since when.
import { Group, Stack, Text } from '@mantine/core';
import type { ReactNode } from 'react';
import type { Health } from '@/api/appliance';
import { Surface } from '@/components/surface';
import { canaryLabel } from '@/logic/appliance';
import { formatAgo, formatDuration, formatNumber } from '@/logic/format';
import { ToneBadge } from './tone_badge';

function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <Group justify="space-between" wrap="nowrap" gap="md" align="baseline">
      <Text component="dt" fz="sm" c="dimmed" style={{ whiteSpace: 'nowrap' }}>
        {name}
      </Text>
      <Text component="dd" fz="sm" m={0} ta="right" style={{ overflowWrap: 'anywhere' }}>
        {children}
      </Text>
    </Group>
  );
}

function Facts({ children }: { children: ReactNode }) {
  return (
    <Stack component="dl" gap={8} m={0}>
      {children}
    </Stack>
  );
}

export function CaptureCard({ health, now }: { health: Health; now: number }) {
  const { capture, canary } = health;
  return (
    <Surface
      title="Capture"
      actions={
        <ToneBadge
          label={capture.state === 'up' ? { text: 'Up', tone: 'good' } : { text: 'Down', tone: 'bad' }}
        />
      }
    >
      <Facts>
        <Fact name="Events per second">
          <span className="numeric">
            {capture.rate_per_second === null ? '–' : formatNumber(capture.rate_per_second)}
          </span>
        </Fact>
        <Fact name="Events since the start">
          <span className="numeric">
            {capture.events_total === null ? '–' : formatNumber(capture.events_total)}
          </span>
        </Fact>
        <Fact name="Last canary event">
          <ToneBadge label={canaryLabel(canary)} />
        </Fact>
        {canary.at !== null && <Fact name="Sent">{formatAgo(canary.at, now)}</Fact>}
      </Facts>
      {canary.state === 'failed' && (
        <Text fz="sm" mt="sm">
          {canary.text}
        </Text>
      )}
    </Surface>
  );
}

export function MachineCard({ health }: { health: Health }) {
  return (
    <Surface title="Machine">
      <Facts>
        <Fact name="Name">{health.hostname}</Fact>
        <Fact name="Version">
          {health.version}
          {health.slot !== '' && `, slot ${health.slot.toUpperCase()}`}
        </Fact>
        <Fact name="Up for">{formatDuration(health.uptime_s)}</Fact>
        {health.boot.text !== '' && <Fact name="Start">{health.boot.text}</Fact>}
        <Fact name="Clock">{health.clock.synchronized ? 'Synchronized' : 'Not synchronized'}</Fact>
        <Fact name="Page">{health.page_url}</Fact>
      </Facts>
    </Surface>
  );
}

export function AddressesCard({ health }: { health: Health }) {
  return (
    <Surface title="Addresses">
      <Facts>
        {health.addresses.map((address) => (
          <Fact key={`${address.interface} ${address.address}`} name={address.interface}>
            <Text span fz="sm" ff="monospace">
              {address.address}
            </Text>{' '}
            <Text span fz="sm" c="dimmed">
              {address.network}
            </Text>
          </Fact>
        ))}
      </Facts>
    </Surface>
  );
}
