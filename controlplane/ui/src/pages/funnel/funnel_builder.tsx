// SPDX-License-Identifier: LicenseRef-Project
// The left side of the funnel page: steps and conversion window.
import { Button, Divider, Group, NativeSelect, NumberInput, Stack, Text } from '@mantine/core';
import { Plus } from 'lucide-react';
import { PropertyPicker } from '@/components/property_picker';
import { Surface } from '@/components/surface';
import { kStepsMin, kWindowMax, kWindowUnits, type FunnelState } from '@/logic/funnel';
import { asOneOf } from '@/logic/json_guard';
import { kSeriesMax, moveItem, newSeries, replaceItem, type Series } from '@/logic/series';
import { StepCard } from './step_card';

interface FunnelBuilderProps {
  state: FunnelState;
  onChange: (change: Partial<FunnelState>) => void;
}

function WindowFields({ state, onChange }: FunnelBuilderProps) {
  return (
    <Group gap="xs" wrap="nowrap">
      <NumberInput
        aria-label="Conversion window"
        min={1}
        max={kWindowMax}
        allowDecimal={false}
        value={state.windowAmount}
        onChange={(value) => {
          if (typeof value === 'number' && value >= 1) {
            onChange({ windowAmount: value });
          }
        }}
        w={96}
      />
      <NativeSelect
        aria-label="Conversion window unit"
        data={kWindowUnits.map((unit) => ({
          value: unit,
          label: state.windowAmount === 1 ? unit : `${unit}s`,
        }))}
        value={state.windowUnit}
        onChange={(event) =>
          onChange({ windowUnit: asOneOf(event.currentTarget.value, kWindowUnits, 'day') })
        }
        style={{ flex: 1 }}
      />
    </Group>
  );
}

export function FunnelBuilder({ state, onChange }: FunnelBuilderProps) {
  const { steps } = state;
  const setSteps = (changed: Series[]) => onChange({ steps: changed });
  return (
    <Surface title="Steps">
      <Stack gap="sm" component="ol" m={0} p={0} style={{ listStyle: 'none' }}>
        {steps.map((step, index) => (
          <StepCard
            key={index}
            index={index}
            count={steps.length}
            step={step}
            canRemove={steps.length > kStepsMin}
            onChange={(changed) => setSteps(replaceItem(steps, index, changed))}
            onMove={(from, to) => setSteps(moveItem(steps, from, to))}
            onRemove={() => setSteps(steps.filter((_, position) => position !== index))}
          />
        ))}
      </Stack>
      <Button
        variant="default"
        size="xs"
        mt="md"
        fullWidth
        leftSection={<Plus size={14} />}
        disabled={steps.length >= kSeriesMax}
        onClick={() => setSteps([...steps, newSeries(null)])}
      >
        Add step
      </Button>
      <Divider my="md" color="var(--bristle-border)" />
      <Text component="h3" fz="sm" fw={650} m={0} mb={6}>
        Conversion window
      </Text>
      <WindowFields state={state} onChange={onChange} />
      <Text component="h3" fz="sm" fw={650} m={0} mt="md" mb={6}>
        Breakdown
      </Text>
      <PropertyPicker
        label="Breakdown"
        value={state.breakdown}
        eventNames={steps.flatMap((step) => (step.event === null ? [] : [step.event]))}
        noneLabel="No breakdown"
        onChange={(breakdown) => onChange({ breakdown })}
      />
      <Text c="dimmed" fz="xs" mt="md">
        Ordered: steps must happen in this order, other events may happen in between. The window is
        measured from step 1.
      </Text>
    </Surface>
  );
}
