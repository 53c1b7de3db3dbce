import { useEffect, useState } from "react";
import styles from "./text-size.module.css";

const KEY = "labelwright.text-size";
const SIZES = [0.875, 1, 1.125, 1.25, 1.5, 1.75];

/** The size of the item's text and of the guidelines, kept in this browser. */
export function TextSize() {
  const [at, setAt] = useState(() => Number(localStorage.getItem(KEY) ?? 1));

  useEffect(() => {
    localStorage.setItem(KEY, String(at));
    document.documentElement.style.setProperty("--text-scale", String(SIZES[at] ?? 1));
  }, [at]);

  return (
    <fieldset className={styles.sizes} aria-label="Text size">
      <button
        type="button"
        className="button quiet"
        aria-label="Smaller text"
        disabled={at <= 0}
        onClick={() => setAt(at - 1)}
      >
        <span className={styles.small}>A</span>
      </button>
      <button
        type="button"
        className="button quiet"
        aria-label="Larger text"
        disabled={at >= SIZES.length - 1}
        onClick={() => setAt(at + 1)}
      >
        <span className={styles.large}>A</span>
      </button>
    </fieldset>
  );
}
