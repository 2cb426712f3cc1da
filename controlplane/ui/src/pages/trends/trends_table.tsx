// SPDX-License-Identifier: LicenseRef-Project
// The numbers of a trend: a row for each line, a column for each period.
import { Group, Text, Tooltip } from '@mantine/core';
import { ColorDot } from '@/components/color_dot';
import { formatNumber } from '@/logic/format';
import { lineLetter, type TrendLine, type TrendsState } from '@/logic/trends';

interface TrendsTableProps {
  state: TrendsState;
  lines: TrendLine[];
  periods: string[];
  incompleteFrom: number;
}

function Total({ line }: { line: TrendLine }) {
  if (line.isAdditive) {
    return <>{formatNumber(line.total)}</>;
  }
  return (
    <Tooltip label="Unique users of single periods do not add up">
      <span tabIndex={0}>–</span>
    </Tooltip>
  );
}

export function TrendsTable({ state, lines, periods, incompleteFrom }: TrendsTableProps) {
  return (
    <div className="table_scroll" tabIndex={0} role="region" aria-label="Trend numbers">
      <table className="data_table numeric">
        <thead>
          <tr>
            <th scope="col" className="sticky">
              Series
            </th>
            <th scope="col" className="right">
              Total
            </th>
            <th scope="col" className="right">
              Average
            </th>
            {periods.map((period, index) => (
              <th scope="col" className="right" key={period}>
                {period}
                {index >= incompleteFrom ? ' *' : ''}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {lines.map((line) => (
            <tr key={line.index}>
              <th scope="row" className="sticky">
                <Group gap={8} wrap="nowrap">
                  <ColorDot colorIndex={line.index} />
                  <Text fz="sm" fw={550} truncate maw={240}>
                    {lineLetter(state, line) !== null && `${lineLetter(state, line)}. `}
                    {line.name}
                  </Text>
                </Group>
              </th>
              <td className="right">
                <Total line={line} />
              </td>
              <td className="right">{formatNumber(Number(line.average.toFixed(1)))}</td>
              {line.data.map((value, index) => (
                <td className="right" key={index}>
                  {formatNumber(value)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
