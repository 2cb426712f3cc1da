// SPDX-License-Identifier: LicenseRef-Project
// The pages of the navigation and the keys that lead to them.
import {
  Activity,
  ChartLine,
  DatabaseZap,
  Filter,
  Grid3x3,
  Settings,
  type LucideIcon,
} from 'lucide-react';

export interface Place {
  path: string;
  label: string;
  icon: LucideIcon;
  /** Pressed after G. */
  key: string;
}

export const kPlaceGroups: readonly { label: string; places: readonly Place[] }[] = [
  {
    label: 'Activity',
    places: [{ path: '/live', label: 'Live events', icon: Activity, key: 'l' }],
  },
  {
    label: 'Analyze',
    places: [
      { path: '/trends', label: 'Trends', icon: ChartLine, key: 't' },
      { path: '/funnel', label: 'Funnel', icon: Filter, key: 'f' },
      { path: '/retention', label: 'Retention', icon: Grid3x3, key: 'r' },
      { path: '/sql', label: 'SQL', icon: DatabaseZap, key: 'q' },
    ],
  },
  {
    label: 'Configure',
    places: [{ path: '/settings', label: 'Project settings', icon: Settings, key: 's' }],
  },
];

export const kPlaces: readonly Place[] = kPlaceGroups.flatMap((group) => group.places);
