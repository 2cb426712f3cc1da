// SPDX-License-Identifier: LicenseRef-Project
// The state of a form over a value of the server: what was typed, and whether that differs.
import { useState } from 'react';

export interface Draft<T> {
  value: T;
  isChanged: boolean;
  set: (value: T) => void;
  discard: () => void;
}

/** Starts anew whenever `stored` is another object, which it is after it was saved. */
export function useDraft<T>(stored: T): Draft<T> {
  const [base, setBase] = useState(stored);
  const [value, setValue] = useState(stored);
  if (base !== stored) {
    setBase(stored);
    setValue(stored);
  }
  return {
    value,
    isChanged: JSON.stringify(value) !== JSON.stringify(stored),
    set: setValue,
    discard: () => setValue(stored),
  };
}
