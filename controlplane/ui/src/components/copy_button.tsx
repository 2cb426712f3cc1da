// SPDX-License-Identifier: LicenseRef-Project
// Copies a text and says so. Falls back to a hidden field where the clipboard API is not allowed
// (pages served over plain HTTP from another machine).
import { ActionIcon, Button, Tooltip } from '@mantine/core';
import { Check, Copy } from 'lucide-react';
import { useEffect, useState } from 'react';

const kShownMs = 1500;

function copyWithField(text: string): void {
  const field = document.createElement('textarea');
  field.value = text;
  field.style.position = 'fixed';
  field.style.opacity = '0';
  document.body.append(field);
  field.select();
  document.execCommand('copy');
  field.remove();
}

async function copyText(text: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    copyWithField(text);
  }
}

interface CopyButtonProps {
  value: string;
  /** What is copied, for the accessible name: "project token". */
  what: string;
  /** With a text label beside the icon. */
  labeled?: boolean;
}

export function CopyButton({ value, what, labeled = false }: CopyButtonProps) {
  const [copied, setCopied] = useState(false);
  useEffect(() => {
    if (!copied) {
      return undefined;
    }
    const timer = setTimeout(() => setCopied(false), kShownMs);
    return () => clearTimeout(timer);
  }, [copied]);

  const copy = () => void copyText(value).then(() => setCopied(true));
  const icon = copied ? <Check size={16} /> : <Copy size={16} />;
  const name = copied ? `Copied ${what}` : `Copy ${what}`;
  if (labeled) {
    return (
      <Button variant="default" size="xs" leftSection={icon} onClick={copy} aria-label={name}>
        {copied ? 'Copied' : 'Copy'}
      </Button>
    );
  }
  return (
    <Tooltip label={copied ? 'Copied' : 'Copy'}>
      <ActionIcon onClick={copy} aria-label={name}>
        {icon}
      </ActionIcon>
    </Tooltip>
  );
}
