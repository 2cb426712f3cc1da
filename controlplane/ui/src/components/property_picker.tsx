// SPDX-License-Identifier: LicenseRef-Project
// Picks a property of events by name.
import { usePropertyDefinitions } from '@/api/definitions';
import { SearchPicker, type PickerOption } from './search_picker';

interface PropertyPickerProps {
  label: string;
  value: string | null;
  /** Offers properties seen on these events; all properties when empty. */
  eventNames: string[];
  onChange: (property: string | null) => void;
  noneLabel?: string;
  placeholder?: string;
}

export function PropertyPicker(props: PropertyPickerProps) {
  const { eventNames } = props;
  const useOptions = (search: string, isOpen: boolean) => {
    const definitions = usePropertyDefinitions(search, eventNames, isOpen);
    const options: PickerOption[] = (definitions.data?.results ?? []).map((definition) => ({
      value: definition.name,
      note: definition.property_type?.toLowerCase(),
    }));
    return { options, loading: definitions.isFetching };
  };
  return (
    <SearchPicker
      label={props.label}
      value={props.value}
      placeholder={props.placeholder ?? 'Choose a property'}
      noneLabel={props.noneLabel}
      useOptions={useOptions}
      onChange={props.onChange}
    />
  );
}
