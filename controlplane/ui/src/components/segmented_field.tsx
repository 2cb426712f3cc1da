// SPDX-License-Identifier: LicenseRef-Project
// A segmented control over the full width, with its accessible name.
import { SegmentedControl, type SegmentedControlItem } from '@mantine/core';

interface SegmentedFieldProps {
  label: string;
  data: SegmentedControlItem[];
  value: string;
  onChange: (value: string) => void;
}

export function SegmentedField({ label, data, value, onChange }: SegmentedFieldProps) {
  return (
    <SegmentedControl
      fullWidth
      size="sm"
      aria-label={label}
      data={data}
      value={value}
      onChange={onChange}
    />
  );
}
