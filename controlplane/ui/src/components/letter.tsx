// SPDX-License-Identifier: LicenseRef-Project
// A small colored square with a letter or number that names a series or step.
import { useComputedColorScheme } from '@mantine/core';
import { kSeriesColors } from '@/theme';

interface LetterProps {
  text: string;
  /** Index into the palette of series. */
  colorIndex: number;
}

export function Letter({ text, colorIndex }: LetterProps) {
  const colors = kSeriesColors[useComputedColorScheme('light')];
  return (
    <span className="letter" style={{ background: colors[colorIndex % colors.length] }}>
      {text}
    </span>
  );
}
