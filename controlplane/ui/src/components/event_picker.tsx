// SPDX-License-Identifier: LicenseRef-Project
// Picks an event by name; null stands for all events.
import { useEventDefinitions } from '@/api/definitions';
import { formatCompact } from '@/logic/format';
import { SearchPicker, type PickerOption } from './search_picker';

function useEventOptions(search: string, isOpen: boolean) {
  const definitions = useEventDefinitions(search, isOpen);
  const options: PickerOption[] = (definitions.data?.results ?? []).map((definition) => ({
    value: definition.name,
    note: typeof definition.volume === 'number' ? formatCompact(definition.volume) : undefined,
  }));
  return { options, loading: definitions.isFetching };
}

interface EventPickerProps {
  label: string;
  value: string | null;
  onChange: (event: string | null) => void;
  noneLabel?: string;
}

export function EventPicker({ label, value, onChange, noneLabel = 'All events' }: EventPickerProps) {
  return (
    <SearchPicker
      label={label}
      value={value}
      placeholder="Choose an event"
      noneLabel={noneLabel}
      useOptions={useEventOptions}
      onChange={onChange}
    />
  );
}
