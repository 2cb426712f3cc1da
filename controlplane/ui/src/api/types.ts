// SPDX-License-Identifier: LicenseRef-Project
// Shapes of the API's answers and of the queries it takes, as far as the page uses them.

export interface Team {
  id: number;
  uuid: string;
  name: string;
  api_token: string;
  timezone: string;
}

export interface User {
  id: number;
  uuid: string;
  email: string;
  first_name: string;
  organization: { id: string; name: string } | null;
  team: Team;
}

export interface Page<T> {
  count: number;
  next: string | null;
  results: T[];
}

export interface EventDefinition {
  id: string;
  name: string;
  last_seen_at: string | null;
  volume?: number | null;
}

export interface PropertyDefinition {
  id: string;
  name: string;
  property_type: string | null;
}

export interface PersonalApiKey {
  id: string;
  label: string;
  value?: string | null;
  mask_value?: string | null;
  scopes?: string[];
  created_at: string;
  last_used_at: string | null;
}

export type PropertyOperator =
  | 'exact'
  | 'is_not'
  | 'icontains'
  | 'not_icontains'
  | 'gt'
  | 'lt'
  | 'is_set'
  | 'is_not_set';

export interface PropertyFilter {
  key: string;
  value?: string;
  operator: PropertyOperator;
  type: 'event';
}

export interface EventsNode {
  kind: 'EventsNode';
  event: string | null;
  name: string;
  math?: 'total' | 'dau';
  properties?: PropertyFilter[];
}

export interface DateRange {
  date_from: string;
  date_to: string | null;
}

export interface BreakdownFilter {
  breakdown: string;
  breakdown_type: 'event';
}

export type Interval = 'hour' | 'day' | 'week' | 'month';

export interface TrendsQuery {
  kind: 'TrendsQuery';
  series: EventsNode[];
  interval: Interval;
  dateRange: DateRange;
  breakdownFilter?: BreakdownFilter;
  trendsFilter: { display: string };
}

export interface TrendsResult {
  data: number[];
  labels: string[];
  days: string[];
  count: number;
  label: string;
  action?: { order?: number | null; math?: string | null } | null;
  breakdown_value?: unknown;
}

export type WindowUnit = 'second' | 'minute' | 'hour' | 'day' | 'week' | 'month';

export interface FunnelsQuery {
  kind: 'FunnelsQuery';
  series: EventsNode[];
  dateRange: DateRange;
  breakdownFilter?: BreakdownFilter;
  funnelsFilter: {
    funnelVizType: 'steps';
    funnelOrderType: 'ordered';
    funnelWindowInterval: number;
    funnelWindowIntervalUnit: WindowUnit;
  };
}

export interface FunnelStepResult {
  name: string;
  custom_name?: string | null;
  order: number;
  count: number;
  average_conversion_time: number | null;
  median_conversion_time: number | null;
  total_median_conversion_time?: number | null;
  breakdown_value?: unknown;
}

/** One funnel, or one for each breakdown value. */
export type FunnelResult = FunnelStepResult | FunnelStepResult[];

export interface RetentionEntity {
  id: string | null;
  name: string;
  type: 'events';
}

export interface RetentionQuery {
  kind: 'RetentionQuery';
  dateRange?: DateRange;
  retentionFilter: {
    period: 'Day' | 'Week';
    totalIntervals: number;
    targetEntity: RetentionEntity;
    returningEntity: RetentionEntity;
    retentionType: 'retention_first_time' | 'retention_recurring';
  };
}

export interface RetentionRow {
  label: string;
  date: string;
  values: { count: number }[];
}

export interface EventsQuery {
  kind: 'EventsQuery';
  select: string[];
  event?: string;
  where?: string[];
  after?: string;
  before?: string;
  orderBy?: string[];
  limit?: number;
  offset?: number;
}

export interface HogQLQuery {
  kind: 'HogQLQuery';
  query: string;
}

export interface TableResponse {
  columns: string[];
  types?: unknown[];
  results: unknown[][];
  hasMore?: boolean;
}

export interface InsightResponse<T> {
  results: T[];
  hasMore?: boolean;
}
