// SPDX-License-Identifier: LicenseRef-Project
// One setting: its name and effect beside its control, above it on a phone.
import { Text } from '@mantine/core';
import { useId, type ReactNode } from 'react';

/** What ties the control to its name, its effect and what is wrong with its value. */
export interface SettingField {
  'aria-labelledby': string;
  'aria-describedby': string;
  error: string | undefined;
  errorProps: { id: string };
}

interface SettingRowProps {
  label: string;
  /** One sentence: what the value that is chosen does. */
  effect: string;
  error?: string | undefined;
  children: (field: SettingField) => ReactNode;
}

export function SettingRow({ label, effect, error, children }: SettingRowProps) {
  const id = useId();
  const field = {
    'aria-labelledby': `${id}-label`,
    'aria-describedby': error === undefined ? `${id}-effect` : `${id}-effect ${id}-error`,
    error,
    errorProps: { id: `${id}-error` },
  };
  return (
    <div className="setting_row">
      <div>
        <Text fz="sm" fw={550} id={field['aria-labelledby']}>
          {label}
        </Text>
        <Text fz="sm" c="dimmed" id={`${id}-effect`}>
          {effect}
        </Text>
      </div>
      <div>{children(field)}</div>
    </div>
  );
}
