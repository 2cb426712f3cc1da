// SPDX-License-Identifier: LicenseRef-Project
// The look of the page: palettes, font stack and component defaults, for light and dark.
import { createTheme, type CSSVariablesResolver, type MantineColorsTuple } from '@mantine/core';

const kPine: MantineColorsTuple = [
  '#e9f8f5',
  '#d2efea',
  '#a3ded5',
  '#6fccbf',
  '#43b9ab',
  '#229d91',
  '#10827a',
  '#0b6e67',
  '#085953',
  '#05433f',
];

/** Gray 6 is the color of secondary text: 5.3:1 on white. */
const kGray: MantineColorsTuple = [
  '#f7f8fa',
  '#eff1f4',
  '#e3e6eb',
  '#d3d8df',
  '#b5bdc8',
  '#8993a1',
  '#5b6675',
  '#45505e',
  '#2f3844',
  '#1a212b',
];

const kDark: MantineColorsTuple = [
  '#e4e8ee',
  '#c5ccd6',
  '#9da8b6',
  '#748091',
  '#3a4451',
  '#2d3540',
  '#20272f',
  '#181d24',
  '#12161c',
  '#0c0f13',
];

const kSystemFont =
  'system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "Helvetica Neue", Arial, sans-serif';
const kMonospaceFont =
  'ui-monospace, SFMono-Regular, "SF Mono", Menlo, Consolas, "Liberation Mono", monospace';

export const theme = createTheme({
  primaryColor: 'pine',
  primaryShade: { light: 7, dark: 6 },
  colors: { pine: kPine, gray: kGray, dark: kDark },
  black: '#1a212b',
  fontFamily: kSystemFont,
  fontFamilyMonospace: kMonospaceFont,
  headings: { fontFamily: kSystemFont, fontWeight: '650' },
  defaultRadius: 'md',
  cursorType: 'pointer',
  focusRing: 'auto',
  respectReducedMotion: true,
  components: {
    ActionIcon: { defaultProps: { variant: 'subtle', color: 'gray', 'data-quiet': true } },
    Tooltip: { defaultProps: { withArrow: true, openDelay: 300 } },
    Modal: { defaultProps: { centered: true } },
  },
});

export const cssVariablesResolver: CSSVariablesResolver = () => ({
  variables: {},
  light: {
    '--mantine-color-body': '#f7f8fa',
    '--mantine-color-placeholder': '#5b6675',
    '--mantine-color-anchor': '#0b6e67',
    '--mantine-color-error': '#c92a2a',
    '--bristle-surface': '#ffffff',
    '--bristle-surface-sunken': '#f1f3f6',
    '--bristle-border': '#e3e6eb',
    '--bristle-hatch': 'rgba(11, 110, 103, 0.17)',
    '--bristle-accent': '#0b6e67',
    '--bristle-accent-text': '#0b6e67',
  },
  dark: {
    '--mantine-color-body': '#12161c',
    '--mantine-color-placeholder': '#9da8b6',
    '--mantine-color-anchor': '#6fccbf',
    '--mantine-color-error': '#ff8787',
    '--mantine-color-dimmed': '#9da8b6',
    '--bristle-surface': '#181d24',
    '--bristle-surface-sunken': '#12161c',
    '--bristle-border': '#2d3540',
    '--bristle-hatch': 'rgba(67, 185, 171, 0.22)',
    '--bristle-accent': '#2fa99c',
    '--bristle-accent-text': '#6fccbf',
  },
});

/**
 * Colors of chart series, after Okabe and Ito: told apart by people with the common color vision
 * deficiencies, and at least 3:1 on the surface they are drawn on.
 */
export const kSeriesColors = {
  light: [
    '#0b7a72',
    '#d9480f',
    '#3b5bdb',
    '#a8327f',
    '#8f6a00',
    '#1c7fb6',
    '#6f5bb5',
    '#b3261e',
    '#4f7a28',
    '#596574',
  ],
  dark: [
    '#35c2b2',
    '#ff8a4c',
    '#7f9cff',
    '#f07cc4',
    '#e2b93b',
    '#5cc0f2',
    '#b3a1f5',
    '#ff8b82',
    '#9ccc65',
    '#a9b4c2',
  ],
} as const;
