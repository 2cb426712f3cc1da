// SPDX-License-Identifier: LicenseRef-Project
// Preset or custom date range.
import { Group, NativeSelect, TextInput } from '@mantine/core';
import type { DateRange } from '@/api/types';
import { findPreset, isCustomRange, kDatePresets } from '@/logic/date_range';

const kCustom = 'Custom range';

function isoDate(date: Date): string {
  return date.toISOString().slice(0, 10);
}

function defaultCustom(): DateRange {
  const now = Date.now();
  return { date_from: isoDate(new Date(now - 7 * 86_400_000)), date_to: isoDate(new Date(now)) };
}

interface DateRangePickerProps {
  value: DateRange;
  onChange: (range: DateRange) => void;
}

export function DateRangePicker({ value, onChange }: DateRangePickerProps) {
  const preset = findPreset(value);
  const choose = (label: string) => {
    const chosen = kDatePresets.find((item) => item.label === label);
    onChange(chosen?.range ?? (isCustomRange(value) ? value : defaultCustom()));
  };
  return (
    <Group gap="xs">
      <NativeSelect
        size="sm"
        aria-label="Date range"
        data={[...kDatePresets.map((item) => item.label), kCustom]}
        value={preset?.label ?? kCustom}
        onChange={(event) => choose(event.currentTarget.value)}
      />
      {preset === undefined && (
        <>
          <TextInput
            type="date"
            size="sm"
            aria-label="From"
            value={value.date_from}
            max={value.date_to ?? undefined}
            onChange={(event) => {
              if (event.currentTarget.value !== '') {
                onChange({ ...value, date_from: event.currentTarget.value });
              }
            }}
          />
          <TextInput
            type="date"
            size="sm"
            aria-label="To"
            value={value.date_to ?? ''}
            min={value.date_from}
            onChange={(event) => onChange({ ...value, date_to: event.currentTarget.value || null })}
          />
        </>
      )}
    </Group>
  );
}
