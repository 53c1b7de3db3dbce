import { type UIEvent, useId, useMemo, useRef } from "react";
import { PayloadView } from "../../payload/payload-view";
import type { Option } from "../options";
import { usePreference } from "../preference";
import type { Answer, Payload } from "../widget";
import styles from "./pairwise.module.css";
import { type Piece, wordDifference } from "./word-difference";

interface Props {
  readonly options: readonly Option[];
  readonly payload: Payload;
  readonly chosen: Answer;
}

/** What is compared, side by side: scrolled together, and with the words that differ marked. */
export function Panes({ options, payload, chosen }: Props) {
  const id = useId();
  const panes = useRef<HTMLDivElement>(null);
  const [isTogether, setTogether] = usePreference("pairwise.scroll", true);
  const [isDifference, setDifference] = usePreference("pairwise.difference", false);
  const [first, second] = options.map(({ value }) => payload[value]);
  const areTexts = typeof first === "string" && typeof second === "string";
  const difference = useMemo(
    () => (isDifference && areTexts ? wordDifference(first, second) : undefined),
    [isDifference, areTexts, first, second],
  );
  const onScroll = (event: UIEvent<HTMLElement>) => {
    if (!isTogether) return;
    for (const pane of panes.current?.querySelectorAll<HTMLElement>("[data-pane]") ?? []) {
      if (pane !== event.currentTarget) followScroll(event.currentTarget, pane);
    }
  };
  return (
    <>
      <div ref={panes} className={styles.panes}>
        {options.map(({ value, title }, index) => (
          <div
            key={value}
            className={value === chosen ? `${styles.pane} ${styles.chosen}` : styles.pane}
          >
            <p id={`${id}${index}`} className={styles.title}>
              {title}
            </p>
            <section
              className={styles.content}
              aria-labelledby={`${id}${index}`}
              // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, so the keyboard must reach it
              tabIndex={0}
              data-pane=""
              onScroll={onScroll}
            >
              {difference?.[index] ? (
                <Marked pieces={difference[index]} />
              ) : (
                <PayloadView name={value} value={payload[value]} />
              )}
            </section>
          </div>
        ))}
      </div>
      <div className={styles.switches}>
        <Switch title="Scroll together" isOn={isTogether} onChange={setTogether} />
        {areTexts ? (
          <Switch title="Mark differing words" isOn={isDifference} onChange={setDifference} />
        ) : null}
        {isDifference && areTexts && !difference ? "These texts are too long to compare." : ""}
      </div>
    </>
  );
}

/** Scroll a pane to the same share of its height. That it scrolled itself then changes nothing. */
function followScroll(from: HTMLElement, pane: HTMLElement): void {
  const share = from.scrollTop / Math.max(1, from.scrollHeight - from.clientHeight);
  const top = share * (pane.scrollHeight - pane.clientHeight);
  if (Math.abs(pane.scrollTop - top) > 2) pane.scrollTop = top;
}

function Marked({ pieces }: { readonly pieces: readonly Piece[] }) {
  return (
    <div className={styles.text}>
      {pieces.map(({ text, isDifferent }, index) =>
        isDifferent ? <mark key={index}>{text}</mark> : text,
      )}
    </div>
  );
}

interface SwitchProps {
  readonly title: string;
  readonly isOn: boolean;
  readonly onChange: (isOn: boolean) => void;
}

function Switch({ title, isOn, onChange }: SwitchProps) {
  return (
    <label>
      <input type="checkbox" checked={isOn} onChange={(event) => onChange(event.target.checked)} />
      {title}
    </label>
  );
}
