// SPDX-License-Identifier: LicenseRef-Project
// What an SDK needs to know about the project.
import { Group, Text, TextInput } from '@mantine/core';
import { useProject } from '@/api/project';
import { CopyButton } from '@/components/copy_button';
import { Surface } from '@/components/surface';

interface FactProps {
  label: string;
  value: string;
  hint?: string;
}

function Fact({ label, value, hint }: FactProps) {
  return (
    <TextInput
      label={label}
      description={hint}
      value={value}
      readOnly
      rightSection={<CopyButton value={value} what={label.toLowerCase()} />}
      styles={{ input: { fontFamily: 'var(--mantine-font-family-monospace)', fontSize: 13 } }}
      style={{ flex: '1 1 20rem' }}
    />
  );
}

export function ProjectCard() {
  const project = useProject();
  return (
    <Surface title="Project">
      <Group gap={48} mb="md">
        <div>
          <Text fz="xs" c="dimmed">
            Name
          </Text>
          <Text fw={550}>{project.name}</Text>
        </div>
        <div>
          <Text fz="xs" c="dimmed">
            Time zone
          </Text>
          <Text fw={550}>{project.timezone}</Text>
        </div>
        <div>
          <Text fz="xs" c="dimmed">
            Project ID
          </Text>
          <Text fw={550}>{project.id}</Text>
        </div>
      </Group>
      <Group gap="md" align="flex-end">
        <Fact
          label="Project token"
          value={project.api_token}
          hint="Public: it may be part of an app. It can only send events."
        />
        <Fact
          label="Host"
          value={window.location.origin}
          hint="The address SDKs send to. Phones need one they can reach."
        />
      </Group>
    </Surface>
  );
}
