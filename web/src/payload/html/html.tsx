import { useEffect, useMemo, useRef } from "react";
import type { ViewProps } from "../payload";
import { cleanHtml } from "./clean";
import styles from "./html.module.css";

/** HTML in a frame that runs nothing, as high as its content, in the colors of the page. */
export function Html({ name, value }: ViewProps) {
  const frame = useRef<HTMLIFrameElement>(null);
  const source = useMemo(() => cleanHtml(String(value)), [value]);
  useEffect(() => {
    const fit = () => frame.current && fitFrame(frame.current);
    window.addEventListener("resize", fit);
    return () => window.removeEventListener("resize", fit);
  }, []);
  return (
    <iframe
      ref={frame}
      className={styles.frame}
      title={name}
      sandbox="allow-same-origin allow-popups"
      referrerPolicy="no-referrer"
      srcDoc={source}
      onLoad={(event) => {
        styleFrame(event.currentTarget);
        fitFrame(event.currentTarget);
      }}
    />
  );
}

const RULES = `
  :root { color-scheme: inherit; }
  body { margin: 0; padding: 12px 16px; overflow-wrap: anywhere; line-height: 1.6; }
  h1, h2, h3 { margin: 0.75em 0 0.5em; font-size: 1.25em; line-height: 1.3; }
  :first-child { margin-top: 0; }
  a { color: var(--accent); }
  table { border-collapse: collapse; }
  td, th { padding: 4px 12px; border: 1px solid var(--border); text-align: left; }
  img { max-width: 100%; }
`;
const TOKENS = ["--accent", "--border"];

/** Give the frame the page's font and colors. The content policy allows sheets made by the page. */
function styleFrame(frame: HTMLIFrameElement): void {
  const inside = frame.contentWindow as (Window & typeof globalThis) | null;
  if (!inside) return;
  const page = getComputedStyle(frame);
  const sheet = new inside.CSSStyleSheet();
  sheet.replaceSync(RULES);
  inside.document.adoptedStyleSheets = [sheet];
  const root = inside.document.documentElement.style;
  root.font = page.font;
  root.color = page.color;
  root.colorScheme = page.colorScheme;
  for (const token of TOKENS) root.setProperty(token, page.getPropertyValue(token));
}

/** Make the frame as high as its content, so that the page scrolls and not the frame. */
function fitFrame(frame: HTMLIFrameElement): void {
  const body = frame.contentDocument?.body;
  if (body) frame.style.height = `${body.scrollHeight + 2}px`;
}
