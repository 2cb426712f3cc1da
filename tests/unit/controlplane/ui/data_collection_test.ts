// SPDX-License-Identifier: LicenseRef-Project
// Goal: what a form shows of a stored policy or limit is what it stores again, every profile says what
// it does, and an error of the server finds its field.
import type { PrivacyPolicy, ProjectLimits } from '@/api/collection';
import {
  limitsDraft,
  limitsOf,
  reasonWords,
  usageOf,
  usageText,
  type LimitsDraft,
} from '@/logic/limits';
import {
  draftOf,
  fieldOf,
  namesEffect,
  namesOf,
  patternEffect,
  policyOf,
  withNameMode,
} from '@/logic/privacy_policy';

/** As the API tells it. */
const kStandardPolicy: PrivacyPolicy = {
  enabled: true,
  patterns: { email: 'redact', phone: 'redact', card: 'redact', iban: 'redact' },
  properties: { mode: 'deny', names: ['password', 'secret', 'iban'], action: 'drop' },
  address: 'drop',
};

const kCustom: PrivacyPolicy = {
  enabled: true,
  patterns: { email: 'quarantine', phone: 'off', card: 'drop', iban: 'redact' },
  properties: { mode: 'allow', names: ['$*', 'plan'], action: 'redact' },
  address: 'hash',
};

test.each<[string, PrivacyPolicy | null, string]>([
  ['nothing', null, 'default'],
  ['a policy that is switched off', { enabled: false }, 'off'],
  ['the standard', kStandardPolicy, 'standard'],
  ['rules of its own', kCustom, 'custom'],
])('%s is stored as it was read', (_, policy, profile) => {
  const draft = draftOf(policy, kStandardPolicy);
  expect(draft.profile).toBe(profile);
  expect(policyOf(draft, kStandardPolicy)).toEqual(policy);
});

test('the order of names makes no other policy, an absent field has its default', () => {
  const names = [...(kStandardPolicy.properties?.names ?? [])].reverse();
  const shuffled = { ...kStandardPolicy, properties: { ...kStandardPolicy.properties, names } };
  expect(draftOf(shuffled, kStandardPolicy).profile).toBe('standard');
  const draft = draftOf({ patterns: { email: 'drop' } }, kStandardPolicy);
  expect(draft).toMatchObject({
    profile: 'custom',
    patterns: { email: 'drop', phone: 'off', card: 'off', iban: 'off' },
    nameMode: 'off',
    nameAction: 'drop',
    address: 'drop',
  });
});

test('custom starts from standard where there were no rules', () => {
  for (const policy of [null, { enabled: false }]) {
    const draft = draftOf(policy, kStandardPolicy);
    expect(policyOf({ ...draft, profile: 'custom' }, kStandardPolicy)).toEqual(kStandardPolicy);
  }
});

test('names are read one per line', () => {
  expect(namesOf(' email \n\n\tphone_*\r\n')).toEqual(['email', 'phone_*']);
});

test('an allow-list begins with what SDKs say about themselves and keeps what was typed', () => {
  const draft = draftOf(null, kStandardPolicy);
  expect(withNameMode(draft, 'allow', kStandardPolicy).names).toBe('$*');
  expect(withNameMode({ ...draft, names: 'plan' }, 'allow', kStandardPolicy).names).toBe('plan');
  expect(withNameMode(draft, 'deny', kStandardPolicy).names).toBe(draft.names);
});

test('an effect is one sentence', () => {
  expect(patternEffect('look like e-mail addresses', 'drop')).toBe(
    'Values that look like e-mail addresses are removed before anything is written to disk.',
  );
  expect(patternEffect('are IBANs', 'off')).toBe('Values that are IBANs are kept.');
  expect(namesEffect('allow', 'redact')).toMatch(/^Properties that are not listed are replaced/);
});

test.each([
  [null, null],
  ['patterns.email', { field: 'patterns.email', index: null }],
  ['properties.names[12]', { field: 'properties.names', index: 12 }],
  ['events_per_second', { field: 'events_per_second', index: null }],
  ['not a field!', null],
])('the error of %s is shown at its field', (attribute, place) => {
  expect(fieldOf(attribute)).toEqual(place);
});

test.each<[string, ProjectLimits | null]>([
  ['nothing', null],
  ['rates', { events_per_second: 500, bytes_per_second: 0 }],
  ['a quota', { quota_limited: ['surveys', 'recordings'] }],
])('limits with %s are stored as they were read', (_, limits) => {
  expect(limitsOf(limitsDraft(limits))).toEqual(limits);
});

test.each([
  ['1,500', 1500],
  [' 20 ', 20],
  ['many', 'many'],
  ['-1', '-1'],
  ['1.5', '1.5'],
  ['', ''],
])('a rate of "%s" goes to the server as %s', (value, sent) => {
  const draft: LimitsDraft = { ...limitsDraft(null), events: { mode: 'limit', value } };
  expect(limitsOf(draft)).toEqual({ events_per_second: sent });
});

test('what was used is said in one sentence', () => {
  const refusal = { status: 503, text: '', requests: 1 };
  const usage = usageOf({
    minutes: [{ received: 120 }, { received: 60 }] as never,
    refusals: [
      { ...refusal, reason: 'rate_limited', events: 5 },
      { ...refusal, reason: 'v1_rate_limited', events: 2 },
      { ...refusal, reason: 'over_quota', events: 3 },
      { ...refusal, reason: 'missing_distinct_id', events: 9 },
    ],
  });
  expect(usage).toEqual({ received: 180, peakPerSecond: 2, aboveRate: 7, overQuota: 3 });
  expect(usageText(usage)).toBe(
    '180 events received in the last 24 hours; 2 per second in the busiest minute.',
  );
  expect(usageText(usageOf({ minutes: [], refusals: [] }))).toMatch(/^Nothing was received/);
});

test('a reason without words of its own keeps the words of the answer', () => {
  expect(reasonWords('rate_limited')).toMatch(/rate/);
  expect(reasonWords('missing_distinct_id')).toBeNull();
});
