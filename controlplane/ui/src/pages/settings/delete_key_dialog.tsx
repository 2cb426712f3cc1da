// SPDX-License-Identifier: LicenseRef-Project
// Asks before a personal API key is deleted.
import { Button, Group, Modal, Stack, Text } from '@mantine/core';
import { useDeletePersonalKey } from '@/api/personal_keys';
import type { PersonalApiKey } from '@/api/types';
import { ErrorState } from '@/components/error_state';

interface DeleteKeyDialogProps {
  /** The key in question; null while the dialog is closed. */
  apiKey: PersonalApiKey | null;
  onClose: () => void;
}

export function DeleteKeyDialog({ apiKey, onClose }: DeleteKeyDialogProps) {
  const deletion = useDeletePersonalKey();
  const close = () => {
    deletion.reset();
    onClose();
  };
  const confirm = () => {
    if (apiKey !== null) {
      deletion.mutate(apiKey.id, { onSuccess: close });
    }
  };
  return (
    <Modal
      opened={apiKey !== null}
      onClose={close}
      title="Delete personal API key"
      closeButtonProps={{ 'aria-label': 'Close' }}
    >
      <Stack>
        {deletion.isError && <ErrorState error={deletion.error} title="The key was not deleted" />}
        <Text fz="sm">
          Scripts that use <b>{apiKey?.label}</b> stop working at once.
        </Text>
        <Group justify="flex-end">
          <Button variant="default" onClick={close}>
            Cancel
          </Button>
          <Button color="red" loading={deletion.isPending} onClick={confirm}>
            Delete key
          </Button>
        </Group>
      </Stack>
    </Modal>
  );
}
