import type { KeyboardEvent } from "react";
import { Key } from "../ui/key";
import styles from "./mark-labels.module.css";
import { markColor } from "./marks";
import type { Option } from "./options";

interface Props {
  readonly options: readonly Option[];
  readonly chosen: string | undefined;
  readonly title: string;
  readonly isActive: boolean;
  readonly disabled: boolean;
  readonly onChoose: (value: string) => void;
}

/** The labels that a mark may have: the chosen one is given to the next. They keep the selection. */
export function MarkLabels({ options, chosen, disabled, onChoose, ...props }: Props) {
  const onKeyDown = (event: KeyboardEvent<HTMLElement>) => {
    const step = STEPS[event.key];
    if (!step) return;
    event.preventDefault();
    const from = options.findIndex(({ value }) => value === chosen);
    const to = (from + step + options.length) % options.length;
    const next = event.currentTarget.children[to];
    if (next instanceof HTMLElement) next.focus();
    const option = options[to];
    if (option) onChoose(option.value);
  };
  if (options.length === 0) return null;
  return (
    <div
      role="radiogroup"
      aria-label={props.title}
      tabIndex={-1}
      className={styles.labels}
      onKeyDown={onKeyDown}
    >
      {options.map(({ value, title, key }, place) => (
        // biome-ignore lint/a11y/useSemanticElements: a radio button would take the text's selection away
        <button
          key={value}
          type="button"
          role="radio"
          aria-checked={value === chosen}
          tabIndex={value === chosen ? 0 : -1}
          className={styles.label}
          disabled={disabled}
          onMouseDown={(event) => event.preventDefault()}
          onClick={() => onChoose(value)}
        >
          <span className={styles.swatch} style={{ background: markColor(place) }} />
          {title}
          {props.isActive && key ? <Key name={key} /> : null}
        </button>
      ))}
    </div>
  );
}

const STEPS: Readonly<Record<string, number>> = {
  ArrowRight: 1,
  ArrowDown: 1,
  ArrowLeft: -1,
  ArrowUp: -1,
};
