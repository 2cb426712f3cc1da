// SPDX-License-Identifier: LicenseRef-Project
// Shows what an action on a service will do, asks, follows it, and says how it ended.
import { Alert, Button, Group, List, Modal, Progress, Skeleton, Stack, Text } from '@mantine/core';
import { TriangleAlert } from 'lucide-react';
import {
  useOperation,
  useServiceAct,
  useServicePlan,
  type Operation,
  type Plan,
  type Service,
  type Verb,
} from '@/api/appliance';
import { ErrorState } from '@/components/error_state';
import { resultText } from '@/logic/appliance';

export interface Wish {
  service: Service;
  verb: Verb;
}

export const kVerbWords: Record<Verb, string> = {
  start: 'Start',
  stop: 'Stop',
  restart: 'Restart',
  'reset-failed': 'Clear failure',
};

function PlanView({ plan }: { plan: Plan }) {
  return (
    <Stack gap="sm">
      <div>
        <Text fz="sm" fw={550} mb={4}>
          What will happen
        </Text>
        <List type="ordered" size="sm" spacing={4}>
          {plan.steps.map((step) => (
            <List.Item key={step}>{step}</List.Item>
          ))}
        </List>
      </div>
      {plan.warnings.map((warning) => (
        <Alert
          key={warning}
          color="yellow"
          variant="light"
          icon={<TriangleAlert size={18} />}
          p="xs"
        >
          <Text fz="sm">{warning}</Text>
        </Alert>
      ))}
    </Stack>
  );
}

function OperationView({ operation }: { operation: Operation | undefined }) {
  const isRunning = operation === undefined || operation.state === 'running';
  return (
    <Stack gap="sm" role="status" aria-live="polite">
      <Progress
        value={isRunning ? 100 * (operation?.progress ?? 1) : 100}
        animated={isRunning}
        color={operation?.state === 'failed' ? 'red' : undefined}
        aria-label="Progress"
      />
      <Text fz="sm">
        {operation === undefined && 'Waiting for an answer. The page may be away for a moment.'}
        {operation !== undefined && (isRunning ? operation.step : resultText(operation))}
      </Text>
    </Stack>
  );
}

function ActForm({ wish, onClose }: { wish: Wish; onClose: () => void }) {
  const { unit } = wish.service;
  const plan = useServicePlan(unit, wish.verb);
  const act = useServiceAct();
  const operation = useOperation(act.data?.operation ?? null);
  const isOver = operation.data !== undefined && operation.data.state !== 'running';
  if (act.isSuccess) {
    return (
      <Stack>
        {operation.isError && <ErrorState error={operation.error} title="No news of the operation" />}
        <OperationView operation={operation.data} />
        <Group justify="flex-end">
          <Button variant={isOver ? 'filled' : 'default'} onClick={onClose}>
            {isOver ? 'Done' : 'Close'}
          </Button>
        </Group>
      </Stack>
    );
  }
  return (
    <Stack>
      {plan.isPending && <Skeleton height={72} />}
      {plan.isError && <ErrorState error={plan.error} title="This is not possible" />}
      {plan.isSuccess && <PlanView plan={plan.data} />}
      {act.isError && <ErrorState error={act.error} title="Nothing was done" />}
      <Group justify="flex-end">
        <Button variant="default" onClick={onClose} data-autofocus>
          Cancel
        </Button>
        <Button
          color={wish.verb === 'stop' ? 'red' : undefined}
          disabled={!plan.isSuccess}
          loading={act.isPending}
          onClick={() => act.mutate({ unit, verb: wish.verb })}
        >
          {kVerbWords[wish.verb]}
        </Button>
      </Group>
    </Stack>
  );
}

export function ActDialog({ wish, onClose }: { wish: Wish | null; onClose: () => void }) {
  return (
    <Modal
      opened={wish !== null}
      onClose={onClose}
      title={wish === null ? '' : `${kVerbWords[wish.verb]} ${wish.service.title}`}
      closeButtonProps={{ 'aria-label': 'Close' }}
    >
      {wish !== null && <ActForm wish={wish} onClose={onClose} />}
    </Modal>
  );
}
