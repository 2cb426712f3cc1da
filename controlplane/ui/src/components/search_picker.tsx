// SPDX-License-Identifier: LicenseRef-Project
// A button that opens a searchable list. The list comes from the server as the user types; what
// was typed can be chosen too, since a name may be new.
import { Combobox, Group, InputBase, Loader, ScrollArea, Text, useCombobox } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { useEffect, useState, type ReactNode } from 'react';

/** Value of the option that stands for "no choice". */
const kNone = '\u0000none';

export interface PickerOption {
  value: string;
  /** Shown at the right edge, dimmed. */
  note?: string;
}

interface SearchPickerProps {
  /** Accessible name. */
  label: string;
  value: string | null;
  placeholder: string;
  /** Text of the option that sets null; no such option when missing. */
  noneLabel?: string;
  icon?: ReactNode;
  /** Called with the typed text; `isOpen` false means that nothing needs loading. */
  useOptions: (search: string, isOpen: boolean) => { options: PickerOption[]; loading: boolean };
  onChange: (value: string | null) => void;
}

function contains(name: string, part: string): boolean {
  return name.toLowerCase().includes(part.toLowerCase());
}

function OptionRow({ option }: { option: PickerOption }) {
  return (
    <Combobox.Option value={option.value}>
      <Group justify="space-between" wrap="nowrap" gap="xs">
        <Text fz="sm" truncate>
          {option.value}
        </Text>
        {option.note !== undefined && (
          <Text fz="xs" className="numeric" style={{ whiteSpace: 'nowrap', opacity: 0.8 }}>
            {option.note}
          </Text>
        )}
      </Group>
    </Combobox.Option>
  );
}

export function SearchPicker(props: SearchPickerProps) {
  const { label, value, placeholder, noneLabel, icon, onChange } = props;
  const [search, setSearch] = useState('');
  const [debounced] = useDebouncedValue(search, 150);
  const combobox = useCombobox({
    onDropdownClose: () => {
      combobox.resetSelectedOption();
      combobox.focusTarget();
      setSearch('');
    },
    onDropdownOpen: () => combobox.focusSearchInput(),
  });
  const { options: found, loading } = props.useOptions(debounced, combobox.dropdownOpened);
  const typed = search.trim();
  // The server's list belongs to what was typed a moment ago.
  const options = found.filter(({ value: name }) => contains(name, typed));
  const canUseTyped = typed !== '' && !options.some((option) => option.value === typed);
  const shown = value ?? (noneLabel !== undefined ? noneLabel : null);

  // Enter takes the first match; the list may change after the typing stopped.
  const { selectFirstOption } = combobox;
  const first = options[0]?.value;
  useEffect(() => {
    if (typed !== '') {
      selectFirstOption();
    }
  }, [typed, first, selectFirstOption]);

  const submit = (chosen: string) => {
    onChange(chosen === kNone ? null : chosen);
    combobox.closeDropdown();
  };

  return (
    <Combobox store={combobox} onOptionSubmit={submit} position="bottom-start">
      <Combobox.Target targetType="button">
        <InputBase
          component="button"
          type="button"
          pointer
          size="sm"
          aria-label={`${label}: ${shown ?? placeholder}`}
          leftSection={icon}
          rightSection={<Combobox.Chevron />}
          rightSectionPointerEvents="none"
          onClick={() => combobox.toggleDropdown()}
          styles={{ root: { flex: 1, minWidth: 0 } }}
        >
          <Text component="span" display="block" fz="sm" truncate c={shown === null ? 'dimmed' : undefined}>
            {shown ?? placeholder}
          </Text>
        </InputBase>
      </Combobox.Target>
      <Combobox.Dropdown miw={280}>
        <Combobox.Search
          value={search}
          onChange={(event) => setSearch(event.currentTarget.value)}
          placeholder="Search"
          aria-label={`Search: ${label}`}
          rightSection={loading ? <Loader size={14} /> : null}
        />
        <Combobox.Options aria-label={label}>
          <ScrollArea.Autosize mah={280} type="auto">
            {noneLabel !== undefined && typed === '' && (
              <Combobox.Option value={kNone}>
                <Text fz="sm">{noneLabel}</Text>
              </Combobox.Option>
            )}
            {options.map((option) => (
              <OptionRow key={option.value} option={option} />
            ))}
            {canUseTyped && (
              <Combobox.Option value={typed}>
                <Text fz="sm">Use “{typed}”</Text>
              </Combobox.Option>
            )}
          </ScrollArea.Autosize>
          {options.length === 0 && !canUseTyped && noneLabel === undefined && (
            <Combobox.Empty>{loading ? 'Loading…' : 'Nothing found'}</Combobox.Empty>
          )}
        </Combobox.Options>
      </Combobox.Dropdown>
    </Combobox>
  );
}
