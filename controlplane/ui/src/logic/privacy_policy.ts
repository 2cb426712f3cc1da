// SPDX-License-Identifier: LicenseRef-Project
// The privacy policy as it is edited: a profile, and the rules behind it.
import type {
  NameAction,
  NameMode,
  Pattern,
  PatternAction,
  PrivacyPolicy,
} from '@/api/collection';

export type Profile = 'default' | 'off' | 'standard' | 'custom';

/** What the form holds; names are one a line. */
export interface PolicyDraft {
  profile: Profile;
  patterns: Record<Pattern, PatternAction>;
  nameMode: NameMode;
  names: string;
  nameAction: NameAction;
  address: 'drop' | 'hash';
}

export const kPatterns: readonly { pattern: Pattern; label: string; values: string }[] = [
  { pattern: 'email', label: 'E-mail addresses', values: 'look like e-mail addresses' },
  { pattern: 'phone', label: 'Phone numbers', values: 'look like phone numbers' },
  { pattern: 'card', label: 'Payment cards', values: 'are payment card numbers' },
  { pattern: 'iban', label: 'Bank accounts (IBAN)', values: 'are IBANs' },
];

/** The names an allow-list starts with: what SDKs say about themselves. */
export const kOwnNames = '$*';

function rulesOf(policy: PrivacyPolicy): Omit<PolicyDraft, 'profile'> {
  const patterns = policy.patterns ?? {};
  return {
    patterns: {
      email: patterns.email ?? 'off',
      phone: patterns.phone ?? 'off',
      card: patterns.card ?? 'off',
      iban: patterns.iban ?? 'off',
    },
    nameMode: policy.properties?.mode ?? 'off',
    names: (policy.properties?.names ?? []).join('\n'),
    nameAction: policy.properties?.action ?? 'drop',
    address: policy.address ?? 'drop',
  };
}

function isSame(one: PrivacyPolicy, other: PrivacyPolicy): boolean {
  const sorted = (rules: Omit<PolicyDraft, 'profile'>) => ({
    ...rules,
    names: namesOf(rules.names).sort().join('\n'),
  });
  return JSON.stringify(sorted(rulesOf(one))) === JSON.stringify(sorted(rulesOf(other)));
}

function profileOf(policy: PrivacyPolicy | null, standard: PrivacyPolicy): Profile {
  if (policy === null) {
    return 'default';
  }
  if (policy.enabled === false) {
    return 'off';
  }
  return isSame(policy, standard) ? 'standard' : 'custom';
}

/** The draft that stands for a stored policy. Where there are no rules, custom starts from standard. */
export function draftOf(policy: PrivacyPolicy | null, standard: PrivacyPolicy): PolicyDraft {
  const profile = profileOf(policy, standard);
  const hasRules = policy !== null && (policy.patterns ?? policy.properties ?? policy.address);
  return { profile, ...rulesOf(hasRules ? policy : standard) };
}

/** The names of a text, one a line; empty lines do not count. */
export function namesOf(text: string): string[] {
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
}

/** The policy to store; null leaves it to the installation. */
export function policyOf(draft: PolicyDraft, standard: PrivacyPolicy): PrivacyPolicy | null {
  switch (draft.profile) {
    case 'default':
      return null;
    case 'off':
      return { enabled: false };
    case 'standard':
      return standard;
    case 'custom':
      return {
        enabled: true,
        patterns: draft.patterns,
        properties:
          draft.nameMode === 'off'
            ? { mode: 'off' }
            : { mode: draft.nameMode, names: namesOf(draft.names), action: draft.nameAction },
        address: draft.address,
      };
  }
}

/** The draft with another list of properties; an allow-list begins with what SDKs send themselves. */
export function withNameMode(draft: PolicyDraft, nameMode: NameMode, standard: PrivacyPolicy): PolicyDraft {
  const isUntouched = draft.names === rulesOf(standard).names;
  const names = nameMode === 'allow' && (isUntouched || draft.names === '') ? kOwnNames : draft.names;
  return { ...draft, nameMode, names };
}

/** What becomes of values that match, as the end of a sentence. */
const kFate: Record<PatternAction, string> = {
  off: 'are kept.',
  redact: 'are replaced by a mark before anything is written to disk.',
  drop: 'are removed before anything is written to disk.',
  quarantine:
    'put the event into quarantine: its values are discarded, only the names, types and lengths of its properties stay.',
};

export function patternEffect(values: string, action: PatternAction): string {
  return `Values that ${values} ${kFate[action]}`;
}

export function namesEffect(mode: Exclude<NameMode, 'off'>, action: NameAction): string {
  const which = mode === 'deny' ? 'Properties with these names' : 'Properties that are not listed';
  return `${which} ${kFate[action]}`;
}

/** What the list of properties is for. */
export const kListEffect: Record<NameMode, string> = {
  off: 'No property is treated by its name.',
  deny: 'Properties with the names below are not stored, wherever they stand in an event.',
  allow: 'Of an event’s properties only those with the names below are stored.',
};

/** "properties.names[2]" to the field it belongs to and, for a name, its place in the list. */
export function fieldOf(attribute: string | null): { field: string; index: number | null } | null {
  const match = attribute === null ? null : /^([a-z_.]+)(?:\[(\d+)\])?$/.exec(attribute);
  if (match?.[1] === undefined) {
    return null;
  }
  return { field: match[1], index: match[2] === undefined ? null : Number(match[2]) };
}
