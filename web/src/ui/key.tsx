import styles from "./key.module.css";

const NAMES: Readonly<Record<string, string>> = {
  ArrowUp: "↑",
  ArrowDown: "↓",
  ArrowLeft: "←",
  ArrowRight: "→",
  Enter: "Enter ↵",
  Backspace: "⌫",
  Escape: "Esc",
  " ": "Space",
};

/** A key of the keyboard. Screen readers have the list of keys instead. */
export function Key({ name }: { readonly name: string }) {
  return (
    <span aria-hidden="true">
      <kbd className={styles.key}>
        {NAMES[name] ?? (name.length === 1 ? name.toUpperCase() : name)}
      </kbd>
    </span>
  );
}
