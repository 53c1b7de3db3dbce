import { type RefObject, useEffect, useRef } from "react";
import { type Binding, belongsToElement, keyName } from "./keys";

/**
 * Run `onKey` for each key that `bindings` names, unless a dialog or an input wants the key.
 *
 * With `within` only keys count that are pressed while the focus is in that element.
 */
export function useKeys(
  bindings: ReadonlyMap<string, Binding>,
  onKey: (binding: Binding) => void,
  within?: RefObject<HTMLElement | null>,
): void {
  const latest = useRef({ bindings, onKey });
  latest.current = { bindings, onKey };

  useEffect(() => {
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
        latest.current.onKey(binding);
      }
    }
    window.addEventListener("keydown", hear);
    return () => window.removeEventListener("keydown", hear);
  }, [within]);
}
