// SPDX-License-Identifier: LicenseRef-Project
// The privacy policy: a profile, and for the custom one its rules.
import { Radio, Skeleton, Stack, Text } from '@mantine/core';
import { useMemo, type FormEvent } from 'react';
import { usePrivacy, useSavePrivacy, type PrivacyAnswer } from '@/api/collection';
import { ApiError } from '@/api/errors';
import { useDraft } from '@/components/draft';
import { ErrorState } from '@/components/error_state';
import { SaveBar } from '@/components/save_bar';
import { Surface } from '@/components/surface';
import { draftOf, fieldOf, policyOf, type Profile } from '@/logic/privacy_policy';
import { kPolicyFields, PolicyFields } from './policy_fields';

const kStandardEffect =
  'values that look like e-mail addresses, phone numbers, payment cards or IBANs are replaced by a ' +
  'mark, passwords and card codes are removed, and IP addresses are dropped, before anything is ' +
  'written to disk';

function profiles(installation: PrivacyAnswer['installation_default']) {
  return [
    {
      value: 'default',
      label: `Installation default (${installation})`,
      effect:
        installation === 'standard'
          ? `What this installation does by itself: ${kStandardEffect}.`
          : 'What this installation does by itself: everything is stored as it was sent.',
    },
    {
      value: 'off',
      label: 'Off',
      effect: 'Everything is stored as it was sent, personal data included.',
    },
    {
      value: 'standard',
      label: 'Standard',
      effect: `${kStandardEffect.charAt(0).toUpperCase()}${kStandardEffect.slice(1)}.`,
    },
    { value: 'custom', label: 'Custom', effect: 'You choose below what is never written to disk.' },
  ];
}

function PrivacyForm({ stored }: { stored: PrivacyAnswer }) {
  const saving = useSavePrivacy();
  const draft = useDraft(useMemo(() => draftOf(stored.policy, stored.standard), [stored]));
  const { value } = draft;
  const refused = saving.error instanceof ApiError ? saving.error : null;
  const place = fieldOf(refused?.attribute ?? null);
  const isShown = place !== null && value.profile === 'custom' && kPolicyFields.has(place.field);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    saving.mutate(policyOf(value, stored.standard));
  };
  const change = (changed: Partial<typeof value>) => {
    saving.reset();
    draft.set({ ...value, ...changed });
  };
  return (
    <form onSubmit={submit} noValidate>
      <Stack gap="md">
        <Radio.Group
          aria-label="Privacy profile"
          value={value.profile}
          onChange={(profile) => change({ profile: profile as Profile })}
        >
          <Stack gap="sm">
            {profiles(stored.installation_default).map((profile) => (
              <Radio
                key={profile.value}
                value={profile.value}
                label={profile.label}
                description={profile.effect}
                styles={{ label: { fontWeight: 550 }, description: { fontSize: 13 } }}
              />
            ))}
          </Stack>
        </Radio.Group>
        {value.profile === 'custom' && (
          <PolicyFields
            draft={value}
            standard={stored.standard}
            onChange={change}
            refusal={isShown ? { ...place, text: refused?.message ?? '' } : null}
          />
        )}
        <SaveBar
          what="privacy policy"
          isChanged={draft.isChanged}
          isSaving={saving.isPending}
          isSaved={saving.isSuccess}
          error={isShown ? null : saving.error}
          onDiscard={() => {
            saving.reset();
            draft.discard();
          }}
        />
      </Stack>
    </form>
  );
}

export function PrivacyCard() {
  const privacy = usePrivacy();
  return (
    <Surface title="Privacy">
      <Text fz="sm" c="dimmed" mb="md">
        What must not be stored is taken out of every event and recording when it arrives. What is already
        stored stays as it is.
      </Text>
      {privacy.isPending && <Skeleton height={220} />}
      {privacy.isError && <ErrorState error={privacy.error} onRetry={() => void privacy.refetch()} />}
      {privacy.isSuccess && <PrivacyForm stored={privacy.data} />}
    </Surface>
  );
}
