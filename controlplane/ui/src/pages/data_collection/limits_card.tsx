// SPDX-License-Identifier: LicenseRef-Project
// How much the project may send: rates, and kinds of events that are not collected any more.
import { Checkbox, Group, NativeSelect, Skeleton, Stack, Text, TextInput, Title } from '@mantine/core';
import { useMemo, type FormEvent } from 'react';
import {
  kResources,
  useLimits,
  useSaveLimits,
  type ProjectLimits,
  type Resource,
} from '@/api/collection';
import { ApiError } from '@/api/errors';
import { useLedger } from '@/api/ledger';
import { useDraft } from '@/components/draft';
import { ErrorState } from '@/components/error_state';
import { SaveBar } from '@/components/save_bar';
import { SettingRow } from '@/components/setting_row';
import { Surface } from '@/components/surface';
import { formatNumber } from '@/logic/format';
import {
  kResourceWords,
  limitsDraft,
  limitsOf,
  usageOf,
  usageText,
  type RateDraft,
  type RateMode,
} from '@/logic/limits';
import { useStoredByResource } from './use_stored';

const kModes = [
  { value: 'default', label: 'Installation default' },
  { value: 'none', label: 'No limit' },
  { value: 'limit', label: 'Limit to' },
];

const kDayMinutes = 1440;

interface RateFieldProps {
  label: string;
  unit: string;
  rate: RateDraft;
  error: string | undefined;
  onChange: (rate: RateDraft) => void;
}

function rateEffect(unit: string, rate: RateDraft): string {
  if (rate.mode === 'default') {
    return 'The rate that whoever runs this installation has set for every project, if any.';
  }
  return rate.mode === 'none'
    ? 'This project may send as much as it wants, also where the installation has a limit.'
    : `Requests above this many ${unit} per second are refused for the moment; SDKs send them again later.`;
}

function RateField({ label, unit, rate, error, onChange }: RateFieldProps) {
  return (
    <SettingRow
      label={label}
      effect={rateEffect(unit, rate)}
      error={rate.mode === 'limit' ? undefined : error}
    >
      {(field) => (
        <Stack gap="xs">
          <NativeSelect
            {...field}
            data={kModes}
            value={rate.mode}
            onChange={(event) => onChange({ ...rate, mode: event.currentTarget.value as RateMode })}
          />
          {rate.mode === 'limit' && (
            <TextInput
              aria-label={`${label}: limit`}
              inputMode="numeric"
              value={rate.value}
              onChange={(event) => onChange({ ...rate, value: event.currentTarget.value })}
              rightSection={
                <Text fz="xs" c="dimmed">
                  per second
                </Text>
              }
              rightSectionWidth={84}
              error={error}
            />
          )}
        </Stack>
      )}
    </SettingRow>
  );
}

interface QuotasProps {
  stopped: Resource[];
  error: string | undefined;
  onChange: (stopped: Resource[]) => void;
}

function Quotas({ stopped, error, onChange }: QuotasProps) {
  const stored = useStoredByResource();
  return (
    <Checkbox.Group
      aria-label="Stop collecting"
      value={stopped}
      onChange={(chosen) => onChange(kResources.filter((each) => chosen.includes(each)))}
      error={error}
    >
      <Stack gap="sm" mt="xs">
        {kResources.map((resource) => {
          const count = stored.data?.[resource];
          return (
            <Group key={resource} justify="space-between" wrap="nowrap" align="flex-start">
              <Checkbox
                value={resource}
                label={kResourceWords[resource].label}
                description={kResourceWords[resource].hint}
                styles={{ label: { fontWeight: 550 }, description: { fontSize: 13 } }}
              />
              {count !== undefined && (
                <Text fz="sm" c="dimmed" className="numeric" ta="right" style={{ flex: 'none' }}>
                  {formatNumber(count)} stored
                </Text>
              )}
            </Group>
          );
        })}
      </Stack>
    </Checkbox.Group>
  );
}

function Used() {
  const ledger = useLedger(kDayMinutes);
  if (ledger.data === undefined) {
    return null;
  }
  const usage = usageOf(ledger.data);
  return (
    <Text fz="sm" mb="xs">
      {usageText(usage)}
      {usage.aboveRate > 0 && ` Above the rate: ${formatNumber(usage.aboveRate)}.`}
      {usage.overQuota > 0 && ` Dropped for a quota: ${formatNumber(usage.overQuota)}.`}
    </Text>
  );
}

const kFields = new Set(['events_per_second', 'bytes_per_second', 'quota_limited']);

function LimitsForm({ stored }: { stored: ProjectLimits | null }) {
  const saving = useSaveLimits();
  const draft = useDraft(useMemo(() => limitsDraft(stored), [stored]));
  const { value } = draft;
  const refused = saving.error instanceof ApiError ? saving.error : null;
  const field = refused?.attribute ?? '';
  const errorOf = (name: string) => (field === name ? refused?.message : undefined);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    saving.mutate(limitsOf(value));
  };
  const change = (changed: Partial<typeof value>) => {
    saving.reset();
    draft.set({ ...value, ...changed });
  };
  return (
    <form onSubmit={submit} noValidate>
      <Stack gap="md">
        <div>
          <Used />
          <RateField
            label="Events per second"
            unit="events"
            rate={value.events}
            error={errorOf('events_per_second')}
            onChange={(events) => change({ events })}
          />
          <RateField
            label="Bytes per second"
            unit="bytes"
            rate={value.bytes}
            error={errorOf('bytes_per_second')}
            onChange={(bytes) => change({ bytes })}
          />
          <div className="setting_row" style={{ gridTemplateColumns: 'minmax(0, 1fr)' }}>
            <div>
              <Title order={3} fz="sm">
                Stop collecting
              </Title>
              <Text fz="sm" c="dimmed">
                What you check is dropped from now on, as if its quota were used up; apps keep working.
                Beside it stands what was stored in the last 30 days.
              </Text>
              <Quotas
                stopped={value.stopped}
                error={errorOf('quota_limited')}
                onChange={(stopped) => change({ stopped })}
              />
            </div>
          </div>
        </div>
        <SaveBar
          what="limits"
          isChanged={draft.isChanged}
          isSaving={saving.isPending}
          isSaved={saving.isSuccess}
          error={kFields.has(field) ? null : saving.error}
          onDiscard={() => {
            saving.reset();
            draft.discard();
          }}
        />
      </Stack>
    </form>
  );
}

export function LimitsCard() {
  const limits = useLimits();
  return (
    <Surface title="Rates and quotas">
      {limits.isPending && <Skeleton height={220} />}
      {limits.isError && <ErrorState error={limits.error} onRetry={() => void limits.refetch()} />}
      {limits.isSuccess && <LimitsForm stored={limits.data.limits} />}
    </Surface>
  );
}
