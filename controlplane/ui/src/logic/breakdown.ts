// SPDX-License-Identifier: LicenseRef-Project
// Names of breakdown values.

const kOtherBreakdown = '$$_posthog_breakdown_other_$$';
const kNullBreakdown = '$$_posthog_breakdown_null_$$';

/** The name of a breakdown value; the server has marks for "missing" and "the rest". */
export function breakdownLabel(value: unknown): string {
  if (value === kOtherBreakdown) {
    return 'Other';
  }
  if (value === kNullBreakdown || value === null || value === undefined || value === '') {
    return '(none)';
  }
  return Array.isArray(value) ? value.map(breakdownLabel).join(', ') : String(value);
}
