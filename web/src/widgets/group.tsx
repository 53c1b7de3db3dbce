import type { ReactNode } from "react";
import styles from "./group.module.css";

interface Props {
  readonly labelId: string;
  readonly describedBy: string | undefined;
  readonly children: ReactNode;
}

/** The controls of a widget that has several, under the field's title. */
export function Group({ labelId, describedBy, children }: Props) {
  return (
    <fieldset className={styles.group} aria-labelledby={labelId} aria-describedby={describedBy}>
      {children}
    </fieldset>
  );
}
