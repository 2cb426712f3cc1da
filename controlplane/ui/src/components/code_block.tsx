// SPDX-License-Identifier: LicenseRef-Project
// A piece of code with a copy button; long lines scroll, also by keyboard.
import { Box } from '@mantine/core';
import type { ReactNode } from 'react';
import { CopyButton } from './copy_button';

interface CodeBlockProps {
  code: string;
  /** Accessible name of the block, and what the button copies. */
  what: string;
  /** The code with colors; `code` itself when missing. */
  children?: ReactNode;
  maxHeight?: number;
}

export function CodeBlock({ code, what, children, maxHeight = 420 }: CodeBlockProps) {
  return (
    <Box className="sunken" pos="relative">
      <Box pos="absolute" top={8} right={8} style={{ zIndex: 1 }}>
        <CopyButton value={code} what={what} labeled />
      </Box>
      <pre
        className="code_block"
        tabIndex={0}
        role="region"
        aria-label={what}
        style={{ maxHeight, paddingRight: 104 }}
      >
        <code>{children ?? code}</code>
      </pre>
    </Box>
  );
}
