// SPDX-License-Identifier: LicenseRef-Project
// The left side of the retention page: the two events and who counts as a cohort.
import { Divider, Stack, Text } from '@mantine/core';
import { EventPicker } from '@/components/event_picker';
import { SegmentedField } from '@/components/segmented_field';
import { Surface } from '@/components/surface';
import { asOneOf } from '@/logic/json_guard';
import { kKinds, type RetentionState } from '@/logic/retention';

interface RetentionBuilderProps {
  state: RetentionState;
  onChange: (change: Partial<RetentionState>) => void;
}

export function RetentionBuilder({ state, onChange }: RetentionBuilderProps) {
  return (
    <Surface title="Cohorts">
      <Stack gap="md">
        <div>
          <Text fz="sm" fw={550} mb={6}>
            People who did
          </Text>
          <EventPicker
            label="Start event"
            value={state.startEvent}
            noneLabel="Choose an event"
            onChange={(startEvent) => onChange({ startEvent })}
          />
        </div>
        <SegmentedField
          label="Counted"
          data={[
            { value: 'first_time', label: 'First time' },
            { value: 'recurring', label: 'Recurring' },
          ]}
          value={state.kind}
          onChange={(kind) => onChange({ kind: asOneOf(kind, kKinds, 'first_time') })}
        />
        <Divider color="var(--bristle-border)" />
        <div>
          <Text fz="sm" fw={550} mb={6}>
            and came back to do
          </Text>
          <EventPicker
            label="Return event"
            value={state.returnEvent}
            noneLabel="Choose an event"
            onChange={(returnEvent) => onChange({ returnEvent })}
          />
        </div>
        <Text c="dimmed" fz="xs">
          {state.kind === 'first_time'
            ? 'First time: each person belongs to one cohort, that of their first start event ever.'
            : 'Recurring: a person belongs to the cohort of each period in which they did the start event.'}
        </Text>
      </Stack>
    </Surface>
  );
}
