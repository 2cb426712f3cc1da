// SPDX-License-Identifier: LicenseRef-Project
// How the machine is, and what to do about each problem, worst first.
import { Alert, Stack, Text } from '@mantine/core';
import { CircleCheck, TriangleAlert } from 'lucide-react';
import type { Health } from '@/api/appliance';
import { healthLabel, kToneColors } from '@/logic/appliance';

export function HealthBanner({ health }: { health: Health }) {
  const label = healthLabel(health);
  const Icon = label.tone === 'good' ? CircleCheck : TriangleAlert;
  return (
    <Alert
      color={kToneColors[label.tone]}
      variant="light"
      role="status"
      title={label.text}
      icon={<Icon size={18} />}
      styles={{ title: { color: 'var(--mantine-color-text)' } }}
    >
      {health.problems.length > 0 && (
        <Stack gap="xs" component="ul" m={0} p={0} style={{ listStyle: 'none' }}>
          {health.problems.map((problem) => (
            <li key={`${problem.code} ${problem.text}`}>
              <Text fz="sm" fw={550}>
                {problem.severity === 'critical' ? 'Critical: ' : 'Warning: '}
                {problem.text}
              </Text>
              <Text fz="sm">{problem.advice}</Text>
            </li>
          ))}
        </Stack>
      )}
    </Alert>
  );
}
