// What this browser remembers: light or dark, page sizes, columns.
import { useState } from "react";

export function usePreference<T>(name: string, fallback: T): [T, (value: T) => void] {
  const key = `gantry.${name}`;
  const [value, setValue] = useState<T>(() => {
    try {
      const stored = localStorage.getItem(key);
      return stored === null ? fallback : (JSON.parse(stored) as T);
    } catch {
      return fallback;
    }
  });
  return [value, (next) => (localStorage.setItem(key, JSON.stringify(next)), setValue(next))];
}
