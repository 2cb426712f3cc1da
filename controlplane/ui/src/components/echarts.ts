// SPDX-License-Identifier: LicenseRef-Project
// The only file that imports ECharts: just the parts in use, so that the rest is not shipped.
import { BarChart, LineChart } from 'echarts/charts';
import { GridComponent, TooltipComponent } from 'echarts/components';
import * as echarts from 'echarts/core';
import { SVGRenderer } from 'echarts/renderers';
import type { BarSeriesOption, LineSeriesOption } from 'echarts/charts';
import type { GridComponentOption, TooltipComponentOption } from 'echarts/components';
import type { ComposeOption, EChartsType } from 'echarts/core';

echarts.use([BarChart, LineChart, GridComponent, TooltipComponent, SVGRenderer]);

export type ChartHandle = EChartsType;
export type ChartSeries = BarSeriesOption | LineSeriesOption;
export type ChartOption = ComposeOption<
  BarSeriesOption | GridComponentOption | LineSeriesOption | TooltipComponentOption
>;

export function createChart(element: HTMLElement): ChartHandle {
  return echarts.init(element, null, { renderer: 'svg' });
}
