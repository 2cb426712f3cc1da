// SPDX-License-Identifier: LicenseRef-Project
// The retention grid: a row for each cohort, shaded by the share of people who came back.
import { useComputedColorScheme } from '@mantine/core';
import type { CSSProperties } from 'react';
import { formatNumber, formatShare } from '@/logic/format';
import {
  cohortLabel,
  type Period,
  type RetentionCell,
  type RetentionGrid,
  type RetentionUnit,
} from '@/logic/retention';

interface RetentionTableProps {
  grid: RetentionGrid;
  period: Period;
  unit: RetentionUnit;
}

/** Above this share the shade is dark enough (or light enough) for inverted text. */
const kInvertedFrom = 0.55;

function shade(share: number | null, isDark: boolean): CSSProperties {
  if (share === null || share === 0) {
    return { background: 'var(--bristle-surface-sunken)' };
  }
  const strength = 0.1 + 0.9 * Math.min(share, 1);
  const inverted = share >= kInvertedFrom;
  if (isDark) {
    return {
      background: `rgba(67, 185, 171, ${strength.toFixed(3)})`,
      color: inverted ? '#0c0f13' : '#ffffff',
    };
  }
  return {
    background: `rgba(11, 110, 103, ${strength.toFixed(3)})`,
    color: inverted ? '#ffffff' : '#1a212b',
  };
}

function cellText(cell: RetentionCell, size: number, unit: RetentionUnit): string {
  return unit === 'count' ? formatNumber(cell.count) : formatShare(cell.count, size);
}

interface CellProps {
  cell: RetentionCell;
  size: number;
  unit: RetentionUnit;
  isDark: boolean;
}

function Cell({ cell, size, unit, isDark }: CellProps) {
  if (cell.state === 'future') {
    return <td aria-label="Not yet" />;
  }
  const unfinished = cell.state === 'unfinished';
  return (
    <td
      className={unfinished ? 'retention_unfinished' : undefined}
      style={shade(cell.share, isDark)}
      title={`${formatNumber(cell.count)} of ${formatNumber(size)}${unfinished ? ', period not over yet' : ''}`}
    >
      {cellText(cell, size, unit)}
      {unfinished && ' *'}
    </td>
  );
}

function MeanRow({ grid, isDark }: { grid: RetentionGrid; isDark: boolean }) {
  return (
    <tr>
      <th scope="row" style={{ color: 'var(--mantine-color-text)' }}>
        Weighted mean
      </th>
      <td className="size">{formatNumber(grid.totalSize)}</td>
      {grid.means.map((mean, column) => (
        <td key={column} style={{ ...shade(mean, isDark), fontWeight: 650 }}>
          {mean === null ? '–' : formatShare(mean, 1)}
        </td>
      ))}
    </tr>
  );
}

export function RetentionTable({ grid, period, unit }: RetentionTableProps) {
  const isDark = useComputedColorScheme('light') === 'dark';
  return (
    <div className="table_scroll" tabIndex={0} role="region" aria-label="Retention grid">
      <table className="retention_grid numeric">
        <thead>
          <tr>
            <th scope="col">Cohort</th>
            <th scope="col" style={{ textAlign: 'right' }}>
              People
            </th>
            {grid.means.map((_, column) => (
              <th scope="col" key={column} style={{ textAlign: 'center' }}>
                {period} {column}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          <MeanRow grid={grid} isDark={isDark} />
          {grid.rows.map((row) => (
            <tr key={row.date}>
              <th scope="row">{cohortLabel(row.date, period)}</th>
              <td className="size">{formatNumber(row.size)}</td>
              {row.cells.map((cell, column) => (
                <Cell key={column} cell={cell} size={row.size} unit={unit} isDark={isDark} />
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
