import { useEffect, useRef } from "react";
import { belongsToElement, keyName } from "../keys/keys";

/** Call `onKey` with each key that no dialog and no input wants. */
export function useLeadKeys(onKey: (key: string) => void): void {
  const latest = useRef(onKey);
  latest.current = onKey;
  useEffect(() => {
    function hear(event: KeyboardEvent) {
      const isTaken = event.defaultPrevented || document.querySelector("dialog[open]") !== null;
      const key = isTaken || belongsToElement(event.target, event) ? null : keyName(event);
      if (key) {
        latest.current(key);
      }
    }
    window.addEventListener("keydown", hear);
    return () => window.removeEventListener("keydown", hear);
  }, []);
}

/** Call `onHelp` when `?` is pressed. */
export function useHelpKey(onHelp: () => void): void {
  useLeadKeys((key) => {
    if (key === "?") {
      onHelp();
    }
  });
}
