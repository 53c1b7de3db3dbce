import type { KeyboardEvent, ReactNode } from "react";
import styles from "./tabs.module.css";

export interface TabEntry<T extends string> {
  readonly name: T;
  readonly title: string;
  /** The number of faults on it. */
  readonly faults: number;
}

interface Props<T extends string> {
  readonly label: string;
  readonly tabs: readonly TabEntry<T>[];
  readonly open: T;
  readonly onOpen: (name: T) => void;
  readonly children: ReactNode;
}

/** Panels of which one is shown; the arrow keys move between their tabs. */
export function Tabs<T extends string>({ label, tabs, open, onOpen, children }: Props<T>) {
  function onKeyDown(event: KeyboardEvent<HTMLDivElement>) {
    const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    const at = tabs.findIndex((tab) => tab.name === open);
    const next = by && tabs.at((at + by) % tabs.length);
    if (next) {
      event.preventDefault();
      onOpen(next.name);
      document.getElementById(`tab-${next.name}`)?.focus();
    }
  }

  return (
    <>
      <div role="tablist" aria-label={label} className={styles.tabs} onKeyDown={onKeyDown}>
        {tabs.map(({ name, title, faults }) => (
          <button
            key={name}
            id={`tab-${name}`}
            type="button"
            role="tab"
            aria-selected={name === open}
            aria-controls="tab-panel"
            tabIndex={name === open ? 0 : -1}
            className={styles.tab}
            onClick={() => onOpen(name)}
          >
            {title}
            {faults ? (
              <span className={styles.faults}>
                {faults}
                <span className="visually-hidden">{faults === 1 ? " fault" : " faults"}</span>
              </span>
            ) : null}
          </button>
        ))}
      </div>
      <div
        id="tab-panel"
        role="tabpanel"
        aria-labelledby={`tab-${open}`}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, so the keyboard must reach it.
        tabIndex={0}
        className={styles.panel}
      >
        {children}
      </div>
    </>
  );
}
