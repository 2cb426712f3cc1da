// SPDX-License-Identifier: LicenseRef-Project
// One series of the trends builder: event, measure, filters, duplicate, remove.
import { ActionIcon, Group, NativeSelect, Stack, Tooltip } from '@mantine/core';
import { CopyPlus, Trash2 } from 'lucide-react';
import { EventPicker } from '@/components/event_picker';
import { FilterList } from '@/components/filter_list';
import { Letter } from '@/components/letter';
import { asOneOf } from '@/logic/json_guard';
import { seriesLetter, type Series } from '@/logic/series';

interface SeriesCardProps {
  index: number;
  series: Series;
  canRemove: boolean;
  canAdd: boolean;
  onChange: (series: Series) => void;
  onDuplicate: () => void;
  onRemove: () => void;
}

const kMeasures = [
  { value: 'total', label: 'Total count' },
  { value: 'dau', label: 'Unique users' },
];

export function SeriesCard(props: SeriesCardProps) {
  const { index, series, onChange } = props;
  const name = `Series ${seriesLetter(index)}`;
  return (
    <Stack gap={8} component="li">
      <Group gap={8} wrap="nowrap">
        <Letter text={seriesLetter(index)} colorIndex={index} />
        <EventPicker
          label={`${name} event`}
          value={series.event}
          onChange={(event) => onChange({ ...series, event })}
        />
      </Group>
      <Group gap={4} wrap="nowrap" pl={30}>
        <NativeSelect
          size="xs"
          aria-label={`${name} measure`}
          data={kMeasures}
          value={series.math}
          onChange={(event) =>
            onChange({
              ...series,
              math: asOneOf(event.currentTarget.value, ['total', 'dau'] as const, 'total'),
            })
          }
          style={{ flex: 1 }}
        />
        <Tooltip label="Duplicate">
          <ActionIcon
            onClick={props.onDuplicate}
            disabled={!props.canAdd}
            aria-label={`Duplicate ${name}`}
          >
            <CopyPlus size={16} />
          </ActionIcon>
        </Tooltip>
        <Tooltip label="Remove">
          <ActionIcon
            onClick={props.onRemove}
            disabled={!props.canRemove}
            aria-label={`Remove ${name}`}
          >
            <Trash2 size={16} />
          </ActionIcon>
        </Tooltip>
      </Group>
      <div style={{ paddingLeft: 30 }}>
        <FilterList
          name={name}
          filters={series.filters}
          eventNames={series.event === null ? [] : [series.event]}
          onChange={(filters) => onChange({ ...series, filters })}
        />
      </div>
    </Stack>
  );
}
