import { Suspense } from "react";
import { kindOf, type ViewProps } from "./payload";
import { VIEWS } from "./registry";

/** One part of a payload, shown by the viewer of its kind. */
export function PayloadView({ name, value }: ViewProps) {
  const View = VIEWS[kindOf(value, name)];
  return (
    <Suspense fallback={null}>
      <View name={name} value={value} />
    </Suspense>
  );
}
