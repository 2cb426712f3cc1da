// SPDX-License-Identifier: LicenseRef-Project
// SQL: one HogQL statement over the events.
import { Button, Group, Kbd, Text, Textarea } from '@mantine/core';
import { Play } from 'lucide-react';
import { useState, type KeyboardEvent } from 'react';
import { useStatement } from '@/api/query';
import { PageHeader } from '@/components/page_header';
import { QueryFrame } from '@/components/query_frame';
import { Surface } from '@/components/surface';
import { asObject, asString } from '@/logic/json_guard';
import { useUrlState } from '@/logic/url_state';
import { ResultTable } from './result_table';

const kExample = `SELECT event, count() AS events, count(DISTINCT person_id) AS people
FROM events
GROUP BY event
ORDER BY events DESC
LIMIT 20`;

function parseState(value: unknown): { statement: string } {
  return { statement: asString(asObject(value)['statement'], kExample) };
}

function Result({ statement, run }: { statement: string; run: number }) {
  const query = useStatement(statement, run);
  return (
    <QueryFrame query={query} errorTitle="The statement failed" height={240}>
      {(data) => <ResultTable data={data} />}
    </QueryFrame>
  );
}

export default function SqlPage() {
  const [state, setState] = useUrlState(parseState);
  const [text, setText] = useState(state.statement);
  const [run, setRun] = useState({ statement: '', count: 0 });
  const start = () => {
    setState({ statement: text });
    setRun((current) => ({ statement: text, count: current.count + 1 }));
  };
  const handleKey = (event: KeyboardEvent) => {
    if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      start();
    }
  };
  return (
    <>
      <PageHeader title="SQL" description="Ask the events table in HogQL." />
      <Surface mb="md">
        <Textarea
          aria-label="HogQL statement"
          autosize
          minRows={6}
          maxRows={20}
          spellCheck={false}
          value={text}
          onChange={(event) => setText(event.currentTarget.value)}
          onKeyDown={handleKey}
          styles={{ input: { fontFamily: 'var(--mantine-font-family-monospace)', fontSize: 13 } }}
        />
        <Group justify="space-between" mt="sm">
          <Text c="dimmed" fz="xs">
            Columns: uuid, event, timestamp, distinct_id, person_id, properties.<i>name</i>
          </Text>
          <Button leftSection={<Play size={15} />} onClick={start} disabled={text.trim() === ''}>
            Run
            <Kbd size="xs" ml={10}>
              Ctrl Enter
            </Kbd>
          </Button>
        </Group>
      </Surface>
      {run.count > 0 && (
        <Surface>
          <Result statement={run.statement} run={run.count} />
        </Surface>
      )}
    </>
  );
}
