// SPDX-License-Identifier: LicenseRef-Project
// Events of people who accepted no cookies.
import { Skeleton, Stack, Switch } from '@mantine/core';
import { type FormEvent } from 'react';
import { useCollectingProject, useSaveCookieless } from '@/api/collection';
import { useDraft } from '@/components/draft';
import { ErrorState } from '@/components/error_state';
import { SaveBar } from '@/components/save_bar';
import { Surface } from '@/components/surface';

function CookielessForm({ stored }: { stored: boolean }) {
  const saving = useSaveCookieless();
  const draft = useDraft(stored);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    saving.mutate(draft.value);
  };
  const set = (isOn: boolean) => {
    saving.reset();
    draft.set(isOn);
  };
  return (
    <form onSubmit={submit} noValidate>
      <Stack gap="md">
        <Switch
          checked={draft.value}
          onChange={(event) => set(event.currentTarget.checked)}
          label="Count people who accepted no cookies"
          description={
            draft.value
              ? 'A person gets an id that is made from address and browser with a secret of the day. The secret is deleted, so nobody can follow the person from one day to the next.'
              : 'Events that SDKs send in cookieless mode are dropped, because nothing tells people apart.'
          }
          styles={{ label: { fontWeight: 550 }, description: { fontSize: 13 } }}
        />
        <SaveBar
          what="cookieless mode"
          isChanged={draft.isChanged}
          isSaving={saving.isPending}
          isSaved={saving.isSuccess}
          error={saving.error}
          onDiscard={() => {
            saving.reset();
            draft.discard();
          }}
        />
      </Stack>
    </form>
  );
}

export function CookielessCard() {
  const project = useCollectingProject();
  return (
    <Surface title="Cookieless mode">
      {project.isPending && <Skeleton height={80} />}
      {project.isError && <ErrorState error={project.error} onRetry={() => void project.refetch()} />}
      {project.isSuccess && (
        <CookielessForm stored={project.data.cookieless_server_hash_mode === 1} />
      )}
    </Surface>
  );
}
