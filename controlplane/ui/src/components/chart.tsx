// SPDX-License-Identifier: LicenseRef-Project
// Puts an ECharts option on the page. The library is loaded with the first chart.
import { Skeleton } from '@mantine/core';
import { useEffect, useRef, useState } from 'react';
import type { ChartHandle, ChartOption } from './echarts';

interface ChartProps {
  option: ChartOption;
  /** What the chart shows, for those who cannot see it; the table below holds the numbers. */
  description: string;
  height?: number;
}

export function Chart({ option, description, height = 360 }: ChartProps) {
  const element = useRef<HTMLDivElement>(null);
  const handle = useRef<ChartHandle | null>(null);
  const latest = useRef(option);
  const [ready, setReady] = useState(false);
  latest.current = option;

  useEffect(() => {
    let disposed = false;
    let observer: ResizeObserver | null = null;
    void import('./echarts').then(({ createChart }) => {
      if (disposed || element.current === null) {
        return;
      }
      const chart = createChart(element.current);
      chart.setOption(latest.current, { notMerge: true });
      handle.current = chart;
      observer = new ResizeObserver(() => chart.resize());
      observer.observe(element.current);
      setReady(true);
    });
    return () => {
      disposed = true;
      observer?.disconnect();
      handle.current?.dispose();
      handle.current = null;
    };
  }, []);

  useEffect(() => {
    handle.current?.setOption(option, { notMerge: true });
  }, [option]);

  return (
    <div style={{ position: 'relative', height }}>
      {!ready && <Skeleton pos="absolute" inset={0} radius="md" />}
      <div ref={element} role="img" aria-label={description} style={{ height: '100%' }} />
    </div>
  );
}
