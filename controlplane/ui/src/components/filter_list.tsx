// SPDX-License-Identifier: LicenseRef-Project
// Property filters of one series or step; all of them must match.
import { ActionIcon, Button, Group, NativeSelect, Stack, TextInput, Tooltip } from '@mantine/core';
import { Filter, X } from 'lucide-react';
import type { ReactNode } from 'react';
import type { PropertyFilter } from '@/api/types';
import { asOneOf } from '@/logic/json_guard';
import { kOperators, operatorTakesValue, replaceItem } from '@/logic/series';
import { PropertyPicker } from './property_picker';

interface FilterRowProps {
  /** "Step 1 filter 2", for accessible names. */
  name: string;
  filter: PropertyFilter;
  eventNames: string[];
  onChange: (filter: PropertyFilter) => void;
  onRemove: () => void;
}

function FilterRow({ name, filter, eventNames, onChange, onRemove }: FilterRowProps) {
  const operators = kOperators.map((operator) => operator.value);
  return (
    <Stack gap={6} className="sunken" p={8}>
      <Group gap={6} wrap="nowrap">
        <PropertyPicker
          label={`${name} property`}
          value={filter.key === '' ? null : filter.key}
          eventNames={eventNames}
          onChange={(key) => onChange({ ...filter, key: key ?? '' })}
        />
        <Tooltip label="Remove filter">
          <ActionIcon onClick={onRemove} aria-label={`Remove ${name}`}>
            <X size={16} />
          </ActionIcon>
        </Tooltip>
      </Group>
      <Group gap={6} wrap="nowrap">
        <NativeSelect
          size="sm"
          aria-label={`${name} operator`}
          data={kOperators.map((operator) => ({ ...operator }))}
          value={filter.operator}
          onChange={(event) =>
            onChange({
              ...filter,
              operator: asOneOf(event.currentTarget.value, operators, 'exact'),
            })
          }
          style={{ flex: 1, minWidth: 0 }}
        />
        {operatorTakesValue(filter.operator) && (
          <TextInput
            size="sm"
            aria-label={`${name} value`}
            placeholder="Value"
            value={filter.value ?? ''}
            onChange={(event) => onChange({ ...filter, value: event.currentTarget.value })}
            style={{ flex: 1, minWidth: 0 }}
          />
        )}
      </Group>
    </Stack>
  );
}

interface FilterListProps {
  /** "Series A" or "Step 1", for accessible names. */
  name: string;
  filters: PropertyFilter[];
  eventNames: string[];
  onChange: (filters: PropertyFilter[]) => void;
  /** More buttons for the row of the add button. */
  children?: ReactNode;
}

export function FilterList({ name, filters, eventNames, onChange, children }: FilterListProps) {
  const add = () => onChange([...filters, { key: '', value: '', operator: 'exact', type: 'event' }]);
  return (
    <Stack gap={6}>
      {filters.map((filter, index) => (
        <FilterRow
          key={index}
          name={`${name} filter ${index + 1}`}
          filter={filter}
          eventNames={eventNames}
          onChange={(changed) => onChange(replaceItem(filters, index, changed))}
          onRemove={() => onChange(filters.filter((_, position) => position !== index))}
        />
      ))}
      <Group justify="space-between" wrap="nowrap">
        <Button
          variant="subtle"
          color="gray"
          size="compact-xs"
          leftSection={<Filter size={13} />}
          onClick={add}
          aria-label={`Add filter to ${name}`}
        >
          Add filter
        </Button>
        {children}
      </Group>
    </Stack>
  );
}
