import type { ButtonHTMLAttributes } from "react";
import styles from "./icon-button.module.css";

const ICONS = {
  move: "M8 2v12M8 2 5 5M8 2l3 3M8 14l-3-3M8 14l3-3",
  up: "M8 13V3M4 7l4-4 4 4",
  down: "M8 3v10M4 9l4 4 4-4",
  remove: "M4 4l8 8M12 4l-8 8",
  larger: "M8 3v10M3 8h10",
  smaller: "M3 8h10",
  fit: "M3 6V3h3M10 3h3v3M13 10v3h-3M6 13H3v-3",
  add: "M3 3h7M3 3v7M3 10v3h10V3h-3M8 6v4M6 8h4",
} as const;

interface Props extends Omit<ButtonHTMLAttributes<HTMLButtonElement>, "children" | "className"> {
  readonly icon: keyof typeof ICONS;
  /** What it does: its name for screen readers, and shown under the pointer. */
  readonly title: string;
}

/** A small button with an icon. */
export function IconButton({ icon, title, ...props }: Props) {
  return (
    <button type="button" aria-label={title} title={title} className={styles.button} {...props}>
      <svg viewBox="0 0 16 16" className={styles.icon} aria-hidden="true">
        <path d={ICONS[icon]} />
      </svg>
    </button>
  );
}
