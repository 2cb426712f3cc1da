// SPDX-License-Identifier: LicenseRef-Project
// The pages of the navigation and the keys that lead to them.
import {
  Activity,
  ChartLine,
  DatabaseZap,
  Filter,
  Grid3x3,
  HeartPulse,
  ScrollText,
  Server,
  Settings,
  ShieldCheck,
  SlidersHorizontal,
  type LucideIcon,
} from 'lucide-react';
import { useIsAppliance } from '@/api/appliance';

export interface Place {
  path: string;
  label: string;
  icon: LucideIcon;
  /** Pressed after G. */
  key: string;
}

export interface PlaceGroup {
  label: string;
  places: readonly Place[];
}

const kGroups: readonly PlaceGroup[] = [
  {
    label: 'Activity',
    places: [
      { path: '/live', label: 'Live events', icon: Activity, key: 'l' },
      { path: '/data-health', label: 'Data health', icon: ShieldCheck, key: 'h' },
    ],
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
    places: [
      { path: '/data-collection', label: 'Data collection', icon: SlidersHorizontal, key: 'c' },
      { path: '/settings', label: 'Project settings', icon: Settings, key: 's' },
    ],
  },
];

const kApplianceGroup: PlaceGroup = {
  label: 'Appliance',
  places: [
    { path: '/appliance', label: 'Overview', icon: HeartPulse, key: 'a' },
    { path: '/appliance/services', label: 'Services', icon: Server, key: 'v' },
    { path: '/appliance/logs', label: 'Logs', icon: ScrollText, key: 'o' },
  ],
};

/** Every group the signed-in user has; the appliance's where this is one. */
export function usePlaceGroups(): readonly PlaceGroup[] {
  return useIsAppliance() ? [...kGroups, kApplianceGroup] : kGroups;
}

export function usePlaces(): readonly Place[] {
  return usePlaceGroups().flatMap((group) => group.places);
}
