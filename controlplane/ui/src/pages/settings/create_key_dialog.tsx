// SPDX-License-Identifier: LicenseRef-Project
// Creates a personal API key and shows its value, this one time.
import { Button, Group, Modal, Stack, Text, TextInput } from '@mantine/core';
import { useState, type FormEvent } from 'react';
import { useCreatePersonalKey } from '@/api/personal_keys';
import { CodeBlock } from '@/components/code_block';
import { ErrorState } from '@/components/error_state';

interface CreateKeyDialogProps {
  opened: boolean;
  onClose: () => void;
}

export function CreateKeyDialog({ opened, onClose }: CreateKeyDialogProps) {
  const [label, setLabel] = useState('');
  const creation = useCreatePersonalKey();
  const value = creation.data?.value;
  const close = () => {
    onClose();
    setLabel('');
    creation.reset();
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    creation.mutate(label.trim());
  };
  return (
    <Modal
      opened={opened}
      onClose={close}
      title="Create personal API key"
      closeButtonProps={{ 'aria-label': 'Close' }}
    >
      {typeof value === 'string' ? (
        <Stack>
          <Text fz="sm">Copy the key now; it is not shown again.</Text>
          <CodeBlock code={value} what="personal API key" />
          <Group justify="flex-end">
            <Button onClick={close}>Done</Button>
          </Group>
        </Stack>
      ) : (
        <form onSubmit={submit}>
          <Stack>
            {creation.isError && <ErrorState error={creation.error} title="No key was created" />}
            <TextInput
              label="Label"
              description="What the key is for"
              required
              withAsterisk={false}
              data-autofocus
              maxLength={40}
              value={label}
              onChange={(event) => setLabel(event.currentTarget.value)}
            />
            <Group justify="flex-end">
              <Button variant="default" onClick={close}>
                Cancel
              </Button>
              <Button type="submit" loading={creation.isPending} disabled={label.trim() === ''}>
                Create
              </Button>
            </Group>
          </Stack>
        </form>
      )}
    </Modal>
  );
}
