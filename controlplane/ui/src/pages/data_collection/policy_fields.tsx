// SPDX-License-Identifier: LicenseRef-Project
// The rules of a custom privacy policy, each with what it does.
import { NativeSelect, Textarea } from '@mantine/core';
import type { NameAction, NameMode, PatternAction, PrivacyPolicy } from '@/api/collection';
import { SettingRow } from '@/components/setting_row';
import {
  kListEffect,
  kOwnNames,
  kPatterns,
  namesEffect,
  namesOf,
  patternEffect,
  withNameMode,
  type PolicyDraft,
} from '@/logic/privacy_policy';

/** The fields of a policy that have a place below, as the server names them. */
export const kPolicyFields: ReadonlySet<string> = new Set([
  ...kPatterns.map(({ pattern }) => `patterns.${pattern}`),
  'properties.mode',
  'properties.names',
  'properties.action',
  'address',
]);

const kActions = [
  { value: 'redact', label: 'Replace by a mark' },
  { value: 'drop', label: 'Remove' },
  { value: 'quarantine', label: 'Quarantine the event' },
];

const kModes = [
  { value: 'off', label: 'No list' },
  { value: 'deny', label: 'Forbid the listed (deny-list)' },
  { value: 'allow', label: 'Keep only the listed (allow-list)' },
];

const kAddressRules = [
  { value: 'drop', label: 'Drop' },
  { value: 'hash', label: 'Replace by a keyed hash' },
];

export interface FieldRefusal {
  field: string;
  /** Which of the names. */
  index: number | null;
  text: string;
}

interface FieldsProps {
  draft: PolicyDraft;
  onChange: (changed: Partial<PolicyDraft>) => void;
  refusal: FieldRefusal | null;
}

interface PolicyFieldsProps extends FieldsProps {
  standard: PrivacyPolicy;
}

function NamesField({ draft, onChange, refusal }: FieldsProps) {
  const name = refusal?.index === null ? undefined : namesOf(draft.names)[refusal?.index ?? -1];
  const error = name === undefined ? refusal?.text : `“${shortened(name)}”: ${refusal?.text}`;
  const isForgotten = draft.nameMode === 'allow' && !namesOf(draft.names).includes(kOwnNames);
  const hint = isForgotten
    ? 'Without $* what SDKs say about themselves goes too: page addresses, browsers, libraries.'
    : 'End a name with * for all that begin like it, such as checkout_*.';
  return (
    <SettingRow label="Names of properties" effect={`One per line. ${hint}`} error={error}>
      {(field) => (
        <Textarea
          {...field}
          autosize
          minRows={3}
          maxRows={12}
          spellCheck={false}
          value={draft.names}
          onChange={(event) => onChange({ names: event.currentTarget.value })}
          styles={{ input: { fontFamily: 'var(--mantine-font-family-monospace)', fontSize: 13 } }}
        />
      )}
    </SettingRow>
  );
}

function shortened(name: string): string {
  return name.length > 40 ? `${name.slice(0, 40)}…` : name;
}

export function PolicyFields({ draft, standard, onChange, refusal }: PolicyFieldsProps) {
  const errorOf = (field: string) => (refusal?.field === field ? refusal.text : undefined);
  return (
    <div>
      {kPatterns.map(({ pattern, label, values }) => (
        <SettingRow
          key={pattern}
          label={label}
          effect={patternEffect(values, draft.patterns[pattern])}
          error={errorOf(`patterns.${pattern}`)}
        >
          {(field) => (
            <NativeSelect
              {...field}
              data={[{ value: 'off', label: 'Keep' }, ...kActions]}
              value={draft.patterns[pattern]}
              onChange={(event) => {
                const action = event.currentTarget.value as PatternAction;
                onChange({ patterns: { ...draft.patterns, [pattern]: action } });
              }}
            />
          )}
        </SettingRow>
      ))}
      <SettingRow
        label="List of properties"
        effect={kListEffect[draft.nameMode]}
        error={errorOf('properties.mode')}
      >
        {(field) => (
          <NativeSelect
            {...field}
            data={kModes}
            value={draft.nameMode}
            onChange={(event) => onChange(withNameMode(draft, event.currentTarget.value as NameMode, standard))}
          />
        )}
      </SettingRow>
      {draft.nameMode !== 'off' && (
        <>
          <NamesField
            draft={draft}
            onChange={onChange}
            refusal={refusal?.field === 'properties.names' ? refusal : null}
          />
          <SettingRow
            label={draft.nameMode === 'deny' ? 'What happens to the listed' : 'What happens to the others'}
            effect={namesEffect(draft.nameMode, draft.nameAction)}
            error={errorOf('properties.action')}
          >
            {(field) => (
              <NativeSelect
                {...field}
                data={kActions}
                value={draft.nameAction}
                onChange={(event) => onChange({ nameAction: event.currentTarget.value as NameAction })}
              />
            )}
          </SettingRow>
        </>
      )}
      <SettingRow
        label="IP addresses"
        effect={
          draft.address === 'drop'
            ? 'The address of a person’s device is dropped before anything is written to disk.'
            : 'The address of a person’s device is replaced by a keyed hash: the same device looks the same, and nobody can read where it is.'
        }
        error={errorOf('address')}
      >
        {(field) => (
          <NativeSelect
            {...field}
            data={kAddressRules}
            value={draft.address}
            onChange={(event) =>
              onChange({ address: event.currentTarget.value === 'hash' ? 'hash' : 'drop' })
            }
          />
        )}
      </SettingRow>
    </div>
  );
}
