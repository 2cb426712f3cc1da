// SPDX-License-Identifier: LicenseRef-Project
// Single-key shortcuts of the page: G and a letter to go somewhere, ? for help.
import { useEffect, useRef } from 'react';
import { useLocation } from 'wouter';
import { usePlaces } from './places';

/** How long the second key of a pair may take. */
const kPairMs = 1200;

function isTyping(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement &&
    (target.isContentEditable || ['INPUT', 'TEXTAREA', 'SELECT'].includes(target.tagName))
  );
}

/** Calls `handler` for keys pressed outside of text fields and without modifiers. */
export function useKeys(handler: (key: string) => void): void {
  const latest = useRef(handler);
  latest.current = handler;
  useEffect(() => {
    const listen = (event: KeyboardEvent) => {
      const modified = event.ctrlKey || event.metaKey || event.altKey;
      if (!modified && !isTyping(event.target)) {
        latest.current(event.key);
      }
    };
    window.addEventListener('keydown', listen);
    return () => window.removeEventListener('keydown', listen);
  }, []);
}

export function useShortcuts(openHelp: () => void): void {
  const [, navigate] = useLocation();
  const places = usePlaces();
  const prefixAt = useRef(-Infinity);
  useKeys((key) => {
    if (key === '?') {
      openHelp();
      return;
    }
    if (performance.now() - prefixAt.current < kPairMs) {
      const place = places.find((candidate) => candidate.key === key.toLowerCase());
      prefixAt.current = -Infinity;
      if (place !== undefined) {
        navigate(place.path);
      }
      return;
    }
    if (key.toLowerCase() === 'g') {
      prefixAt.current = performance.now();
    }
  });
}
