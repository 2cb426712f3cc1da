// SPDX-License-Identifier: LicenseRef-Project
// The end of a form: save, discard, and what became of it.
import { Button, Group, Text } from '@mantine/core';
import { Check } from 'lucide-react';
import { ErrorState } from './error_state';

interface SaveBarProps {
  /** What is saved, for the buttons' names: "privacy policy". */
  what: string;
  isChanged: boolean;
  isSaving: boolean;
  isSaved: boolean;
  /** A failure that no field shows. */
  error: unknown;
  onDiscard: () => void;
}

export function SaveBar({ what, isChanged, isSaving, isSaved, error, onDiscard }: SaveBarProps) {
  return (
    <>
      {error !== null && <ErrorState error={error} title={`The ${what} was not saved`} />}
      <Group gap="sm" mih={36}>
        <Button type="submit" loading={isSaving} disabled={!isChanged} aria-label={`Save ${what}`}>
          Save
        </Button>
        {isChanged && !isSaving && (
          <Button variant="default" onClick={onDiscard} aria-label={`Discard changes of ${what}`}>
            Discard changes
          </Button>
        )}
        <div role="status">
          {isSaved && !isChanged && (
            <Group gap={6}>
              <Check size={16} aria-hidden color="var(--bristle-accent)" />
              <Text fz="sm">Saved. It holds from the next request on.</Text>
            </Group>
          )}
        </div>
      </Group>
    </>
  );
}
