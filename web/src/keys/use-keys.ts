import { useLayoutEffect, useRef } from "react";
import { flushSync } from "react-dom";
import { belongsToElement, keyName } from "./keys";

/**
 * Run `onKey` for each key that `bindings` names, unless a dialog or an input wants the key.
 *
 * The screen is drawn anew before the next key is handled: that key is for what this one has led to.
 */
export function useKeys<B>(bindings: ReadonlyMap<string, B>, onKey: (binding: B) => void): void {
  const latest = useRef({ bindings, onKey });
  latest.current = { bindings, onKey };

  useLayoutEffect(() => {
    function hear(event: KeyboardEvent) {
      const isTaken = event.defaultPrevented || event.isComposing || event.repeat;
      if (
        isTaken ||
        document.querySelector("dialog[open]") ||
        belongsToElement(event.target, event)
      ) {
        return;
      }
      const binding = latest.current.bindings.get(keyName(event) ?? "");
      if (binding) {
        event.preventDefault();
        flushSync(() => latest.current.onKey(binding));
      }
    }
    window.addEventListener("keydown", hear);
    return () => window.removeEventListener("keydown", hear);
  }, []);
}
