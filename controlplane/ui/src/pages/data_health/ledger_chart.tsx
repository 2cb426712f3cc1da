// SPDX-License-Identifier: LicenseRef-Project
// One stacked bar per minute: what became of the events received in it.
import { Group, Text, useComputedColorScheme } from '@mantine/core';
import { useMemo } from 'react';
import { Chart } from '@/components/chart';
import { ColorDot } from '@/components/color_dot';
import type { ChartOption } from '@/components/echarts';
import { formatCompact, formatNumber } from '@/logic/format';
import { kEnds, sumEnds, type Bar, type End } from '@/logic/ledger';
import { kSeriesColors } from '@/theme';

interface Point {
  dataIndex?: number;
}

/** Places in the series colors; missing is the red one. */
const kColors: Record<End, number> = {
  stored: 0,
  duplicate: 5,
  refused: 1,
  in_flight: 9,
  dropped: 4,
  quarantined: 6,
  missing: 7,
};

function buildOption(bars: Bar[], timeZone: string, isDark: boolean): ChartOption {
  const colors = isDark ? kSeriesColors.dark : kSeriesColors.light;
  const text = isDark ? '#9da8b6' : '#5b6675';
  const rule = isDark ? '#2d3540' : '#e3e6eb';
  const clock = new Intl.DateTimeFormat('en-US', { timeStyle: 'short', timeZone });
  const names = bars.map((bar) => clock.format(bar.at));
  const tooltip = (points: Point | Point[]) => {
    const index = (Array.isArray(points) ? points[0] : points)?.dataIndex ?? 0;
    const ends = bars[index]?.ends;
    const rows = kEnds
      .filter(({ key }) => (ends?.[key] ?? 0) !== 0)
      .map(({ key, name }) => `<div>${name} <b>${formatNumber(ends?.[key] ?? 0)}</b></div>`);
    return `<div style="margin-bottom:4px;opacity:.75">${names[index] ?? ''}</div>${rows.join('') || 'Nothing'}`;
  };
  return {
    animation: false,
    textStyle: { fontFamily: 'inherit' },
    grid: { left: 4, right: 12, top: 14, bottom: 4, containLabel: true },
    tooltip: {
      trigger: 'axis',
      confine: true,
      backgroundColor: isDark ? '#20272f' : '#ffffff',
      borderColor: rule,
      textStyle: { color: isDark ? '#e4e8ee' : '#1a212b', fontSize: 13 },
      formatter: tooltip,
    },
    xAxis: {
      type: 'category',
      data: names,
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
    series: kEnds.map(({ key, name }) => ({
      type: 'bar',
      name,
      stack: 'all',
      color: colors[kColors[key]],
      emphasis: { disabled: true },
      data: bars.map((bar) => bar.ends[key]),
    })),
  };
}

export function LedgerChart({ bars, timeZone }: { bars: Bar[]; timeZone: string }) {
  const isDark = useComputedColorScheme('light') === 'dark';
  const option = useMemo(() => buildOption(bars, timeZone, isDark), [bars, timeZone, isDark]);
  const sum = sumEnds(bars.map((bar) => bar.ends));
  return (
    <>
      <Chart
        option={option}
        height={260}
        description="Events by minute of receipt and what became of them. The table below has the numbers."
      />
      <Group gap="md" mt="xs">
        {kEnds.map(({ key, name }) => (
          <Group key={key} gap={6} wrap="nowrap">
            <ColorDot colorIndex={kColors[key]} />
            <Text fz="xs" className="numeric">
              {name} {formatNumber(sum[key])}
            </Text>
          </Group>
        ))}
      </Group>
    </>
  );
}
