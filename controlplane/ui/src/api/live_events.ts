// SPDX-License-Identifier: LicenseRef-Project
// Stored events and the live stream, both as the rows of the live page.
import { asObject, asString, type JsonObject } from '@/logic/json_guard';
import { runQuery } from './query';
import type { EventsQuery, TableResponse } from './types';

/** `durable`: on stable storage in the event log. `stored`: also found by queries. */
export type Receipt = 'durable' | 'stored';

export interface LiveEvent {
  uuid: string;
  event: string;
  distinctId: string;
  timestamp: string;
  properties: JsonObject;
  receipt: Receipt;
}

export interface LiveFilter {
  event: string | null;
  distinctId: string;
}

const kColumns = ['uuid', 'event', 'distinct_id', 'timestamp', 'properties'];
const kStoredRows = 100;

function readProperties(value: unknown): JsonObject {
  if (typeof value !== 'string') {
    return asObject(value);
  }
  try {
    return asObject(JSON.parse(value));
  } catch {
    return {};
  }
}

/** One row of the stream's `data:`; null when it is not an event. */
export function readStreamed(data: string): LiveEvent | null {
  let object: JsonObject;
  try {
    object = asObject(JSON.parse(data));
  } catch {
    return null;
  }
  const uuid = asString(object['uuid'], '');
  if (uuid === '') {
    return null;
  }
  return {
    uuid,
    event: asString(object['event'], ''),
    distinctId: asString(object['distinct_id'], ''),
    timestamp: asString(object['timestamp'], ''),
    properties: readProperties(object['properties']),
    receipt: 'durable',
  };
}

function readStored(row: unknown[]): LiveEvent {
  const [uuid, event, distinctId, timestamp, properties] = row;
  return {
    uuid: asString(uuid, ''),
    event: asString(event, ''),
    distinctId: asString(distinctId, ''),
    timestamp: asString(timestamp, ''),
    properties: readProperties(properties),
    receipt: 'stored',
  };
}

/** The newest stored events, newest first. */
export async function fetchStored(
  projectId: number,
  filter: LiveFilter,
  signal?: AbortSignal,
): Promise<LiveEvent[]> {
  const query: EventsQuery = {
    kind: 'EventsQuery',
    select: kColumns,
    after: '-7d',
    orderBy: ['timestamp DESC'],
    limit: kStoredRows,
  };
  if (filter.event !== null) {
    query.event = filter.event;
  }
  if (filter.distinctId !== '') {
    query.where = [`distinct_id = '${filter.distinctId.replace(/[\\']/g, '\\$&')}'`];
  }
  const answer = await runQuery<TableResponse>(projectId, query, signal);
  return answer.results.map(readStored);
}

/** Address of the live stream for a filter. */
export function streamAddress(filter: LiveFilter): string {
  const parameters = new URLSearchParams();
  if (filter.event !== null) {
    parameters.set('eventType', filter.event);
  }
  if (filter.distinctId !== '') {
    parameters.set('distinctId', filter.distinctId);
  }
  const text = parameters.toString();
  return `/livestream/events${text === '' ? '' : `?${text}`}`;
}
