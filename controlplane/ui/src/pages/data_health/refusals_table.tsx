// SPDX-License-Identifier: LicenseRef-Project
// Why requests were refused, with the words their clients were told.
import { Text } from '@mantine/core';
import type { Refusal } from '@/api/ledger';
import { formatNumber } from '@/logic/format';
import { reasonWords } from '@/logic/limits';

export function RefusalsTable({ refusals, label }: { refusals: Refusal[]; label: string }) {
  if (refusals.length === 0) {
    return (
      <Text c="dimmed" fz="sm">
        None.
      </Text>
    );
  }
  return (
    <div className="table_scroll" tabIndex={0} role="region" aria-label={label}>
      <table className="data_table" aria-label={label}>
        <thead>
          <tr>
            <th scope="col">Reason</th>
            <th scope="col" className="right">
              Status
            </th>
            <th scope="col" className="right">
              Requests
            </th>
            <th scope="col" className="right">
              Events
            </th>
            <th scope="col">What the client was told</th>
          </tr>
        </thead>
        <tbody>
          {refusals.map((refusal) => (
            <tr key={refusal.reason}>
              <th scope="row">
                <Text fz="sm" ff="monospace" span>
                  {refusal.reason}
                </Text>
                {reasonWords(refusal.reason) !== null && (
                  <Text fz="xs" c="dimmed" style={{ whiteSpace: 'normal', minWidth: 180 }}>
                    {reasonWords(refusal.reason)}
                  </Text>
                )}
              </th>
              <td className="right numeric">{refusal.status}</td>
              <td className="right numeric">{formatNumber(refusal.requests)}</td>
              <td className="right numeric">{formatNumber(refusal.events)}</td>
              <td>{refusal.text === '' ? '–' : refusal.text}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
