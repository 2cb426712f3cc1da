// SPDX-License-Identifier: LicenseRef-Project
// The ledger in numbers, newest minute first; each row adds up to what was received.
import { Text } from '@mantine/core';
import type { LedgerMinute } from '@/api/ledger';
import { formatMinute, formatNumber } from '@/logic/format';
import { kEnds, reasonsText } from '@/logic/ledger';

interface LedgerTableProps {
  minutes: LedgerMinute[];
  timeZone: string;
}

export function LedgerTable({ minutes, timeZone }: LedgerTableProps) {
  return (
    <div
      className="table_scroll"
      style={{ maxHeight: 420 }}
      tabIndex={0}
      role="region"
      aria-label="Ledger by minute"
    >
      <table className="data_table numeric" aria-label="Events by minute">
        <thead>
          <tr>
            <th scope="col">Minute</th>
            <th scope="col" className="right">
              Received
            </th>
            {kEnds.map(({ key, name }) => (
              <th scope="col" key={key} className="right">
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {[...minutes].reverse().map((minute) => (
            <tr key={minute.minute}>
              <th scope="row" style={{ whiteSpace: 'nowrap' }}>
                {formatMinute(minute.minute, timeZone)}
              </th>
              <td className="right">{formatNumber(minute.received)}</td>
              {kEnds.map(({ key }) => (
                <td key={key} className="right">
                  <Text
                    fz="inherit"
                    span
                    c={minute[key] === 0 ? 'dimmed' : undefined}
                    fw={key === 'missing' && minute[key] !== 0 ? 700 : undefined}
                  >
                    {formatNumber(minute[key])}
                  </Text>
                  {key === 'refused' && minute.refused !== 0 && (
                    <Text fz="xs" c="dimmed">
                      {reasonsText(minute)}
                    </Text>
                  )}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
