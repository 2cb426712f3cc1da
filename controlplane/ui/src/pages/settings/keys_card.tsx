// SPDX-License-Identifier: LicenseRef-Project
// Personal API keys: list, create, delete. A key's value is shown once.
import { ActionIcon, Button, Skeleton, Text, Tooltip } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { KeyRound, Plus, Trash2 } from 'lucide-react';
import { useState } from 'react';
import { usePersonalKeys } from '@/api/personal_keys';
import { useProject } from '@/api/project';
import type { PersonalApiKey } from '@/api/types';
import { EmptyState } from '@/components/empty_state';
import { ErrorState } from '@/components/error_state';
import { Surface } from '@/components/surface';
import { formatInstant } from '@/logic/format';
import { CreateKeyDialog } from './create_key_dialog';
import { DeleteKeyDialog } from './delete_key_dialog';

interface KeysTableProps {
  keys: PersonalApiKey[];
  onDelete: (key: PersonalApiKey) => void;
}

function KeysTable({ keys, onDelete }: KeysTableProps) {
  const { timezone } = useProject();
  return (
    <div className="table_scroll">
      <table className="data_table" aria-label="Personal API keys">
        <thead>
          <tr>
            <th scope="col">Label</th>
            <th scope="col">Key</th>
            <th scope="col">Created</th>
            <th scope="col">Last used</th>
            <td />
          </tr>
        </thead>
        <tbody>
          {keys.map((key) => (
            <tr key={key.id}>
              <th scope="row">{key.label}</th>
              <td>
                <Text fz="sm" c="dimmed" ff="monospace">
                  {key.mask_value ?? 'phx_…'}
                </Text>
              </td>
              <td>{formatInstant(key.created_at, timezone)}</td>
              <td>{key.last_used_at === null ? 'Never' : formatInstant(key.last_used_at, timezone)}</td>
              <td className="right">
                <Tooltip label="Delete">
                  <ActionIcon onClick={() => onDelete(key)} aria-label={`Delete key ${key.label}`}>
                    <Trash2 size={16} />
                  </ActionIcon>
                </Tooltip>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

export function KeysCard() {
  const keys = usePersonalKeys();
  const [createOpened, create] = useDisclosure(false);
  const [doomed, setDoomed] = useState<PersonalApiKey | null>(null);
  return (
    <Surface
      title="Personal API keys"
      actions={
        <Button size="xs" variant="default" leftSection={<Plus size={14} />} onClick={create.open}>
          Create key
        </Button>
      }
    >
      {keys.isPending && <Skeleton height={120} />}
      {keys.isError && <ErrorState error={keys.error} onRetry={() => void keys.refetch()} />}
      {keys.isSuccess && keys.data.length === 0 && (
        <EmptyState
          icon={KeyRound}
          title="No keys yet"
          hint="Create one to run queries from scripts with the header Authorization: Bearer."
        />
      )}
      {keys.isSuccess && keys.data.length > 0 && (
        <KeysTable keys={keys.data} onDelete={setDoomed} />
      )}
      <CreateKeyDialog opened={createOpened} onClose={create.close} />
      <DeleteKeyDialog apiKey={doomed} onClose={() => setDoomed(null)} />
    </Surface>
  );
}
