import { useState } from "react";

/** A choice about how a widget is shown, which this browser keeps from one task to the next. */
export function usePreference(name: string, initial: boolean): [boolean, (value: boolean) => void] {
  const key = `labelwright.${name}`;
  const [value, setValue] = useState(() => {
    const kept = localStorage.getItem(key);
    return kept === null ? initial : kept === "true";
  });
  const change = (next: boolean) => {
    localStorage.setItem(key, String(next));
    setValue(next);
  };
  return [value, change];
}
