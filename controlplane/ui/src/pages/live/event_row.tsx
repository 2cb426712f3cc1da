// SPDX-License-Identifier: LicenseRef-Project
// One event; opens to its raw JSON.
import { ActionIcon, Text, Tooltip } from '@mantine/core';
import { ChevronDown, ChevronRight } from 'lucide-react';
import { memo, useState } from 'react';
import type { LiveEvent, Receipt } from '@/api/live_events';
import { JsonView } from '@/components/json_view';
import { formatAgo, formatInstant } from '@/logic/format';

export const kEventColumns = 6;

const kReceipts: Record<Receipt, { label: string; hint: string }> = {
  durable: { label: 'Durable', hint: 'On stable storage; queries find it in a moment' },
  stored: { label: 'Stored', hint: 'In the event table; queries find it' },
};

function sourceOf(event: LiveEvent): string {
  const library = event.properties['$lib'];
  const version = event.properties['$lib_version'];
  if (typeof library !== 'string') {
    return '–';
  }
  return typeof version === 'string' ? `${library} ${version}` : library;
}

/** The event in the shape of the capture API, as shown and copied. */
function rawEvent(event: LiveEvent): object {
  return {
    uuid: event.uuid,
    event: event.event,
    distinct_id: event.distinctId,
    timestamp: event.timestamp,
    properties: event.properties,
  };
}

interface EventRowProps {
  event: LiveEvent;
  isNew: boolean;
  now: number;
  timeZone: string;
}

export const EventRow = memo(function EventRow({ event, isNew, now, timeZone }: EventRowProps) {
  const [opened, setOpened] = useState(false);
  const receipt = kReceipts[event.receipt];
  const toggle = () => setOpened((current) => !current);
  return (
    <>
      <tr
        className={`event_row ${isNew ? 'event_row_new' : ''}`}
        onClick={toggle}
        style={{ cursor: 'pointer' }}
        data-uuid={event.uuid}
      >
        <td style={{ width: 36, paddingRight: 0 }}>
          <ActionIcon
            size={24}
            aria-expanded={opened}
            aria-label={`Details of ${event.event}`}
            onClick={(click) => {
              click.stopPropagation();
              toggle();
            }}
          >
            {opened ? <ChevronDown size={16} /> : <ChevronRight size={16} />}
          </ActionIcon>
        </td>
        <th scope="row">
          <Text fz="sm" fw={550} truncate maw={280}>
            {event.event}
          </Text>
        </th>
        <td>
          <Text fz="sm" truncate maw={260} title={event.distinctId}>
            {event.distinctId}
          </Text>
        </td>
        <td>
          <Text fz="sm" c="dimmed" style={{ whiteSpace: 'nowrap' }}>
            {sourceOf(event)}
          </Text>
        </td>
        <td>
          <Tooltip label={receipt.hint}>
            <span className={`receipt receipt_${event.receipt}`}>{receipt.label}</span>
          </Tooltip>
        </td>
        <td className="right">
          <Text
            component="time"
            fz="sm"
            c="dimmed"
            className="numeric"
            title={formatInstant(event.timestamp, timeZone)}
            style={{ whiteSpace: 'nowrap' }}
          >
            {formatAgo(event.timestamp, now)}
          </Text>
        </td>
      </tr>
      {opened && (
        <tr>
          <td colSpan={kEventColumns}>
            <JsonView value={rawEvent(event)} what={`JSON of ${event.event}`} />
          </td>
        </tr>
      )}
    </>
  );
});
