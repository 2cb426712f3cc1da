// SPDX-License-Identifier: LicenseRef-Project
// Rows of a statement.
import { Text } from '@mantine/core';
import type { TableResponse } from '@/api/types';
import { formatCell, pluralize } from '@/logic/format';

/** Columns of numbers are aligned right, heading included. */
function isNumeric(data: TableResponse, column: number): boolean {
  return typeof data.results[0]?.[column] === 'number';
}

export function ResultTable({ data }: { data: TableResponse }) {
  const limited = data.hasMore === true ? ', more rows exist: add a LIMIT' : '';
  return (
    <>
      <Text c="dimmed" fz="xs" mb="xs" role="status">
        {pluralize(data.results.length, 'row')}
        {limited}
      </Text>
      <div
        className="table_scroll"
        style={{ maxHeight: 520 }}
        tabIndex={0}
        role="region"
        aria-label="Result"
      >
        <table className="data_table numeric">
          <thead>
            <tr>
              {data.columns.map((column, index) => (
                <th
                  scope="col"
                  key={index}
                  className={isNumeric(data, index) ? 'right' : undefined}
                >
                  {column}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {data.results.map((row, index) => (
              <tr key={index}>
                {row.map((value, column) => (
                  <td
                    key={column}
                    className={isNumeric(data, column) ? 'right' : undefined}
                    style={{ maxWidth: 420 }}
                  >
                    <Text fz="sm" truncate c={value === null ? 'dimmed' : undefined} title={formatCell(value)}>
                      {formatCell(value)}
                    </Text>
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </>
  );
}
