// SPDX-License-Identifier: LicenseRef-Project
// Indented, colored JSON with a copy button.
import type { ReactNode } from 'react';
import { CodeBlock } from './code_block';

const kToken = /("(?:\\.|[^"\\])*")(\s*:)?|\b(?:true|false|null)\b|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;

/** Splits JSON text into colored pieces. */
function colorize(text: string): ReactNode[] {
  const pieces: ReactNode[] = [];
  let end = 0;
  for (const match of text.matchAll(kToken)) {
    pieces.push(text.slice(end, match.index));
    const isString = match[1] !== undefined;
    const isKey = match[2] !== undefined;
    const kind = isKey ? 'json_key' : isString ? 'json_string' : 'json_literal';
    pieces.push(
      <span key={match.index} className={kind}>
        {isKey ? match[1] : match[0]}
      </span>,
    );
    pieces.push(match[2] ?? '');
    end = match.index + match[0].length;
  }
  pieces.push(text.slice(end));
  return pieces;
}

export function JsonView({ value, what }: { value: unknown; what: string }) {
  const text = JSON.stringify(value, null, 2);
  return (
    <CodeBlock code={text} what={what}>
      {colorize(text)}
    </CodeBlock>
  );
}
