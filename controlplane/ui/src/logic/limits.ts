// SPDX-License-Identifier: LicenseRef-Project
// Rates and quotas as they are edited, and what of them was used.
import { kResources, type ProjectLimits, type Resource } from '@/api/collection';
import type { Ledger, Refusal } from '@/api/ledger';
import { formatNumber, pluralize } from './format';

export type RateMode = 'default' | 'none' | 'limit';

export interface RateDraft {
  mode: RateMode;
  /** As typed. */
  value: string;
}

export interface LimitsDraft {
  events: RateDraft;
  bytes: RateDraft;
  stopped: Resource[];
}

export const kResourceWords: Record<Resource, { label: string; hint: string }> = {
  events: {
    label: 'Events',
    hint: 'Product events, page views and autocapture: everything that is none of the below.',
  },
  exceptions: { label: 'Exceptions', hint: 'Errors that SDKs report ($exception).' },
  surveys: { label: 'Survey answers', hint: 'Surveys shown, sent and dismissed.' },
  llm_events: { label: 'LLM events', hint: 'Traces and generations of AI features ($ai_…).' },
  recordings: {
    label: 'Session recordings',
    hint: 'SDKs are told to stop recording; what still comes is dropped. Not counted here.',
  },
};

function rateDraft(rate: number | string | undefined): RateDraft {
  if (rate === undefined) {
    return { mode: 'default', value: '' };
  }
  return rate === 0 ? { mode: 'none', value: '' } : { mode: 'limit', value: String(rate) };
}

export function limitsDraft(limits: ProjectLimits | null): LimitsDraft {
  const stopped = limits?.quota_limited ?? [];
  return {
    events: rateDraft(limits?.events_per_second),
    bytes: rateDraft(limits?.bytes_per_second),
    stopped: kResources.filter((resource) => stopped.includes(resource)),
  };
}

/** What is no whole number goes to the server as typed, which says what it expects. */
function rateOf(draft: RateDraft): number | string | undefined {
  if (draft.mode === 'default') {
    return undefined;
  }
  if (draft.mode === 'none') {
    return 0;
  }
  const typed = draft.value.trim().replaceAll(',', '');
  return /^\d{1,15}$/.test(typed) ? Number(typed) : typed;
}

/** The limits to store; null leaves all of it to the installation. */
export function limitsOf(draft: LimitsDraft): ProjectLimits | null {
  const limits: ProjectLimits = {};
  const events = rateOf(draft.events);
  const bytes = rateOf(draft.bytes);
  if (events !== undefined) {
    limits.events_per_second = events;
  }
  if (bytes !== undefined) {
    limits.bytes_per_second = bytes;
  }
  if (draft.stopped.length > 0) {
    limits.quota_limited = draft.stopped;
  }
  return Object.keys(limits).length === 0 ? null : limits;
}

function eventsOf(refusals: readonly Refusal[], ...reasons: string[]): number {
  return refusals
    .filter((refusal) => reasons.includes(refusal.reason))
    .reduce((sum, refusal) => sum + refusal.events, 0);
}

export interface Usage {
  received: number;
  /** Of the busiest minute, a second. */
  peakPerSecond: number;
  aboveRate: number;
  overQuota: number;
}

export function usageOf(ledger: Pick<Ledger, 'minutes' | 'refusals'>): Usage {
  const perMinute = ledger.minutes.map((minute) => minute.received);
  return {
    received: perMinute.reduce((sum, count) => sum + count, 0),
    peakPerSecond: Math.max(0, ...perMinute) / 60,
    aboveRate: eventsOf(ledger.refusals, 'rate_limited', 'v1_rate_limited'),
    overQuota: eventsOf(ledger.refusals, 'over_quota'),
  };
}

/** One sentence on what was used. */
export function usageText(usage: Usage): string {
  if (usage.received === 0) {
    return 'Nothing was received in the last 24 hours.';
  }
  const rate = formatNumber(Number(usage.peakPerSecond.toPrecision(2)));
  return `${pluralize(usage.received, 'event')} received in the last 24 hours; ${rate} per second in the busiest minute.`;
}

/** Why events were refused, where the words of the client's answer do not say it. */
const kReasonWords: Record<string, string> = {
  rate_limited: 'Above this project’s rate. SDKs send it again later.',
  v1_rate_limited: 'Above this project’s rate. SDKs send it again later.',
  over_quota: 'Stopped in Data collection. Most clients are answered as if it were stored.',
  v1_billing_limit_exceeded: 'All its events are stopped in Data collection.',
  unsearchable: 'The privacy policy cannot look into this body.',
  log_budget_used: 'The event log has used up its room on the disk. SDKs send it again later.',
};

export function reasonWords(reason: string): string | null {
  return kReasonWords[reason] ?? null;
}
