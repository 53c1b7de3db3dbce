import { type ReactNode, useLayoutEffect, useRef } from "react";
import type { WidgetProps } from "./widget";

interface Props {
  readonly widget: WidgetProps;
  readonly className?: string | undefined;
  readonly children: ReactNode;
}

/**
 * The radio buttons of a field. A key chooses without regard to the focus, so the focus follows to
 * the chosen button: from there the arrow keys go on, and Tab leaves the group.
 */
export function RadioGroup({ widget, className, children }: Props) {
  const { field, value, labelId, describedBy, error } = widget;
  const group = useRef<HTMLDivElement>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: it runs after each change of the answer
  useLayoutEffect(() => {
    const focused = document.activeElement;
    const isRadio = focused instanceof HTMLInputElement && focused.type === "radio";
    if (!isRadio || focused.checked || !group.current?.contains(focused)) return;
    group.current.querySelector<HTMLInputElement>("input[type=radio]:checked")?.focus();
  }, [value]);
  return (
    <div
      ref={group}
      role="radiogroup"
      aria-labelledby={labelId}
      aria-describedby={describedBy}
      aria-invalid={error !== undefined}
      aria-required={field.required ?? true}
      className={className}
    >
      {children}
    </div>
  );
}
