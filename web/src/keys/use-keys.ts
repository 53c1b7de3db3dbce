import { type RefObject, useLayoutEffect, useRef } from "react";
import { flushSync } from "react-dom";
import { belongsToElement, keyName } from "./keys";

/**
 * Run `onKey` for each key that `bindings` names, unless a dialog or an input wants the key.
 *
 * The screen is drawn anew before the next key is handled: that key is for what this one has led to.
 * With `within` only keys count that are pressed while the focus is in that element.
 */
export function useKeys<B>(
  bindings: ReadonlyMap<string, B>,
  onKey: (binding: B) => void,
  within?: RefObject<HTMLElement | null>,
): void {
  const latest = useRef({ bindings, onKey });
  latest.current = { bindings, onKey };

  useLayoutEffect(() => {
    function hear(event: KeyboardEvent) {
      const isTaken = event.defaultPrevented || event.isComposing || event.repeat;
      if (
        isTaken ||
        document.querySelector("dialog[open]") ||
        (within && !within.current?.contains(event.target as Node)) ||
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
  }, [within]);
}
