// SPDX-License-Identifier: LicenseRef-Project
// The server's own words about a failure, and a way to try again.
import { Alert, Button, Group, Text } from '@mantine/core';
import { RotateCw, TriangleAlert } from 'lucide-react';
import { ApiError, errorDetail } from '@/api/errors';

interface ErrorStateProps {
  error: unknown;
  title?: string;
  onRetry?: () => void;
}

export function ErrorState({ error, title, onRetry }: ErrorStateProps) {
  const isRefused = error instanceof ApiError && error.status >= 400 && error.status < 500;
  const heading = title ?? (isRefused ? 'This query cannot run' : 'Could not load');
  return (
    <Alert
      color="red"
      variant="light"
      role="alert"
      title={heading}
      icon={<TriangleAlert size={18} />}
      styles={{ title: { color: 'var(--mantine-color-text)' } }}
    >
      <Text fz="sm" style={{ overflowWrap: 'anywhere' }}>
        {errorDetail(error)}
      </Text>
      {onRetry !== undefined && (
        <Group mt="sm">
          <Button
            variant="default"
            size="xs"
            leftSection={<RotateCw size={14} />}
            onClick={onRetry}
          >
            Try again
          </Button>
        </Group>
      )}
    </Alert>
  );
}
