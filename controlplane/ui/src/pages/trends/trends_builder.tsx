// SPDX-License-Identifier: LicenseRef-Project
// The left side of the trends page: series and breakdown.
import { Button, Divider, Stack, Text } from '@mantine/core';
import { Plus } from 'lucide-react';
import { PropertyPicker } from '@/components/property_picker';
import { Surface } from '@/components/surface';
import { kSeriesMax, newSeries, replaceItem, type Series } from '@/logic/series';
import type { TrendsState } from '@/logic/trends';
import { SeriesCard } from './series_card';

interface TrendsBuilderProps {
  state: TrendsState;
  onChange: (change: Partial<TrendsState>) => void;
}

export function TrendsBuilder({ state, onChange }: TrendsBuilderProps) {
  const { series } = state;
  const setSeries = (changed: Series[]) => onChange({ series: changed });
  const canAdd = series.length < kSeriesMax;
  const eventNames = series.flatMap((item) => (item.event === null ? [] : [item.event]));
  return (
    <Surface title="Series">
      <Stack gap="md" component="ul" m={0} p={0} style={{ listStyle: 'none' }}>
        {series.map((item, index) => (
          <SeriesCard
            key={index}
            index={index}
            series={item}
            canAdd={canAdd}
            canRemove={series.length > 1}
            onChange={(changed) => setSeries(replaceItem(series, index, changed))}
            onDuplicate={() => setSeries([...series.slice(0, index + 1), item, ...series.slice(index + 1)])}
            onRemove={() => setSeries(series.filter((_, position) => position !== index))}
          />
        ))}
      </Stack>
      <Button
        variant="default"
        size="xs"
        mt="md"
        fullWidth
        leftSection={<Plus size={14} />}
        disabled={!canAdd}
        onClick={() => setSeries([...series, newSeries(null)])}
      >
        Add series
      </Button>
      <Divider my="md" color="var(--bristle-border)" />
      <Text component="h3" fz="sm" fw={650} m={0} mb={6}>
        Breakdown
      </Text>
      <PropertyPicker
        label="Breakdown"
        value={state.breakdown}
        eventNames={eventNames}
        noneLabel="No breakdown"
        onChange={(breakdown) => onChange({ breakdown })}
      />
    </Surface>
  );
}
