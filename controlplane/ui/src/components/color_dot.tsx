// SPDX-License-Identifier: LicenseRef-Project
// The legend's mark of a chart line.
import { useComputedColorScheme } from '@mantine/core';
import { kSeriesColors } from '@/theme';

export function ColorDot({ colorIndex }: { colorIndex: number }) {
  const colors = kSeriesColors[useComputedColorScheme('light')];
  const background = colors[colorIndex % colors.length];
  return <span className="live_dot" style={{ background, width: 10, height: 10 }} aria-hidden />;
}
