// SPDX-License-Identifier: LicenseRef-Project
// Line, bar or area chart of a trend; periods that are not over yet are dotted or hatched.
import { useComputedColorScheme } from '@mantine/core';
import { useMemo } from 'react';
import { Chart } from '@/components/chart';
import type { ChartOption, ChartSeries } from '@/components/echarts';
import { formatCompact, formatNumber } from '@/logic/format';
import type { Display, TrendLine } from '@/logic/trends';
import { kSeriesColors } from '@/theme';

interface Point {
  seriesName?: string;
  seriesIndex?: number;
  dataIndex?: number;
  axisValueLabel?: string;
  marker?: unknown;
}

interface TrendsChartProps {
  lines: TrendLine[];
  /** Names of the periods on the axis. */
  periods: string[];
  /** Index of the first period that is not over. */
  incompleteFrom: number;
  display: Display;
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);
}

/** Complete periods and, overlapping by one point, the incomplete rest; areas are stacked. */
function lineParts(line: TrendLine, color: string, props: TrendsChartProps): ChartSeries[] {
  const isArea = props.display === 'area';
  const shared = {
    type: 'line' as const,
    name: line.name,
    color,
    showSymbol: props.periods.length <= 2,
    symbolSize: 7,
    emphasis: { disabled: true },
    areaStyle: isArea ? { opacity: 0.2 } : undefined,
  };
  const solid = line.data.map((value, index) => (index < props.incompleteFrom ? value : null));
  const dotted = line.data.map((value, index) =>
    index >= props.incompleteFrom - 1 ? value : null,
  );
  const parts: ChartSeries[] = [
    { ...shared, stack: isArea ? 'complete' : undefined, data: solid, lineStyle: { width: 2.25 } },
  ];
  if (props.incompleteFrom < line.data.length) {
    parts.push({
      ...shared,
      stack: isArea ? 'incomplete' : undefined,
      data: dotted,
      lineStyle: { width: 2.25, type: [3, 4] },
    });
  }
  return parts;
}

function barParts(line: TrendLine, color: string, props: TrendsChartProps): ChartSeries[] {
  return [
    {
      type: 'bar',
      name: line.name,
      color,
      stack: 'all',
      barMaxWidth: 56,
      emphasis: { disabled: true },
      data: line.data.map((value, index) =>
        index < props.incompleteFrom
          ? value
          : {
              value,
              itemStyle: { color, opacity: 0.4, borderColor: color, borderType: 'dashed' },
            },
      ),
    },
  ];
}

function tooltip(points: Point[], props: TrendsChartProps, colors: readonly string[]): string {
  const index = points[0]?.dataIndex ?? 0;
  const unfinished = index >= props.incompleteFrom ? ' (not over yet)' : '';
  const rows = props.lines.map((line) => {
    const color = colors[line.index % colors.length] ?? '';
    const dot = `<span style="display:inline-block;width:8px;height:8px;border-radius:4px;margin-right:8px;background:${color}"></span>`;
    const value = formatNumber(line.data[index] ?? 0);
    return `<div style="display:flex;justify-content:space-between;gap:24px"><span>${dot}${escapeHtml(line.name)}</span><b>${value}</b></div>`;
  });
  const period = escapeHtml(props.periods[index] ?? '');
  return `<div style="margin-bottom:4px;opacity:.75">${period}${unfinished}</div>${rows.join('')}`;
}

function buildOption(props: TrendsChartProps, isDark: boolean): ChartOption {
  const colors = isDark ? kSeriesColors.dark : kSeriesColors.light;
  const text = isDark ? '#9da8b6' : '#5b6675';
  const rule = isDark ? '#2d3540' : '#e3e6eb';
  const parts = props.display === 'bar' ? barParts : lineParts;
  return {
    animationDuration: 250,
    textStyle: { fontFamily: 'inherit' },
    grid: { left: 4, right: 12, top: 14, bottom: 4, containLabel: true },
    tooltip: {
      trigger: 'axis',
      confine: true,
      backgroundColor: isDark ? '#20272f' : '#ffffff',
      borderColor: rule,
      textStyle: { color: isDark ? '#e4e8ee' : '#1a212b', fontSize: 13 },
      axisPointer: { type: 'line', lineStyle: { color: text, type: 'solid', opacity: 0.5 } },
      formatter: (points) => tooltip(Array.isArray(points) ? points : [points], props, colors),
    },
    xAxis: {
      type: 'category',
      data: props.periods,
      boundaryGap: props.display === 'bar',
      axisLine: { lineStyle: { color: rule } },
      axisTick: { show: false },
      axisLabel: { color: text, hideOverlap: true, margin: 12 },
    },
    yAxis: {
      type: 'value',
      minInterval: 1,
      splitLine: { lineStyle: { color: rule } },
      axisLabel: { color: text, formatter: (value: number) => formatCompact(value) },
    },
    series: props.lines.flatMap((line) =>
      parts(line, colors[line.index % colors.length] ?? text, props),
    ),
  };
}

export function TrendsChart(props: TrendsChartProps) {
  const isDark = useComputedColorScheme('light') === 'dark';
  const { lines, periods, incompleteFrom, display } = props;
  const option = useMemo(
    () => buildOption({ lines, periods, incompleteFrom, display }, isDark),
    [lines, periods, incompleteFrom, display, isDark],
  );
  const names = lines.map((line) => line.name).join(', ');
  return <Chart option={option} description={`Chart of ${names}. The table below has the numbers.`} />;
}
