import { marked } from "marked";
import { useMemo } from "react";
import type { ViewProps } from "../payload";
import { blocks } from "./elements";
import styles from "./markdown.module.css";

/**
 * Markdown as elements of this page. No markup of the text itself reaches the page: HTML within it
 * is shown as it was written.
 */
export function Markdown({ value }: ViewProps) {
  const text = String(value);
  const content = useMemo(() => blocks(marked.lexer(text, { gfm: true })), [text]);
  return <div className={styles.markdown}>{content}</div>;
}
