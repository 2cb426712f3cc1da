// SPDX-License-Identifier: LicenseRef-Project
// One step of the funnel builder: event, filters, order by buttons or by dragging the handle.
import { ActionIcon, Group, Stack, Tooltip } from '@mantine/core';
import { ArrowDown, ArrowUp, GripVertical, Trash2 } from 'lucide-react';
import { useState, type DragEvent } from 'react';
import { EventPicker } from '@/components/event_picker';
import { FilterList } from '@/components/filter_list';
import { Letter } from '@/components/letter';
import type { Series } from '@/logic/series';

const kDragType = 'application/x-bristle-step';

interface StepCardProps {
  index: number;
  count: number;
  step: Series;
  canRemove: boolean;
  onChange: (step: Series) => void;
  onMove: (from: number, to: number) => void;
  onRemove: () => void;
}

function readDragged(event: DragEvent): number | null {
  const text = event.dataTransfer.getData(kDragType);
  return text === '' ? null : Number(text);
}

function StepActions({ index, count, canRemove, onMove, onRemove, name }: StepCardProps & { name: string }) {
  return (
    <Group gap={0} wrap="nowrap">
      <Tooltip label="Move up">
        <ActionIcon
          size={24}
          disabled={index === 0}
          onClick={() => onMove(index, index - 1)}
          aria-label={`Move ${name} up`}
        >
          <ArrowUp size={15} />
        </ActionIcon>
      </Tooltip>
      <Tooltip label="Move down">
        <ActionIcon
          size={24}
          disabled={index === count - 1}
          onClick={() => onMove(index, index + 1)}
          aria-label={`Move ${name} down`}
        >
          <ArrowDown size={15} />
        </ActionIcon>
      </Tooltip>
      <Tooltip label="Remove">
        <ActionIcon
          size={24}
          disabled={!canRemove}
          onClick={onRemove}
          aria-label={`Remove ${name}`}
        >
          <Trash2 size={15} />
        </ActionIcon>
      </Tooltip>
    </Group>
  );
}

export function StepCard(props: StepCardProps) {
  const { index, step, onChange, onMove } = props;
  const [isTarget, setIsTarget] = useState(false);
  const name = `Step ${index + 1}`;
  return (
    <li
      className="step_card"
      data-drop={isTarget}
      onDragOver={(event) => {
        if (event.dataTransfer.types.includes(kDragType)) {
          event.preventDefault();
          setIsTarget(true);
        }
      }}
      onDragLeave={() => setIsTarget(false)}
      onDrop={(event) => {
        event.preventDefault();
        setIsTarget(false);
        const from = readDragged(event);
        if (from !== null) {
          onMove(from, index);
        }
      }}
    >
      <Stack gap={6}>
        <Group gap={6} wrap="nowrap">
          <Tooltip label="Drag to reorder">
            <span
              className="drag_handle"
              draggable
              aria-hidden
              onDragStart={(event) => {
                event.dataTransfer.setData(kDragType, String(index));
                event.dataTransfer.effectAllowed = 'move';
              }}
            >
              <GripVertical size={16} />
            </span>
          </Tooltip>
          <Letter text={String(index + 1)} colorIndex={0} />
          <EventPicker
            label={`${name} event`}
            value={step.event}
            noneLabel="Choose an event"
            onChange={(event) => onChange({ ...step, event })}
          />
        </Group>
        <div style={{ paddingLeft: 50 }}>
          <FilterList
            name={name}
            filters={step.filters}
            eventNames={step.event === null ? [] : [step.event]}
            onChange={(filters) => onChange({ ...step, filters })}
          >
            <StepActions {...props} name={name} />
          </FilterList>
        </div>
      </Stack>
    </li>
  );
}
