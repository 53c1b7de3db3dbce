import { type KeyboardEvent, useEffect, useId, useMemo, useRef, useState } from "react";
import { OptionRow, ROW } from "./option-row";
import styles from "./option-search.module.css";
import { type OptionDefinition, readOptions, titleOf } from "./options";
import { makeSearch, pathOf } from "./search";

interface Props {
  readonly definitions: readonly OptionDefinition[];
  readonly order: readonly string[] | undefined;
  readonly chosen: readonly string[];
  readonly isMultiple: boolean;
  readonly disabled: boolean;
  readonly labelId: string;
  readonly describedBy: string | undefined;
  readonly isInvalid: boolean;
  readonly onChoose: (value: string) => void;
}

const DRAWN = 16;

/** A taxonomy: type to search, arrow keys move, Enter chooses. Only the rows in sight are drawn. */
export function OptionSearch(props: Props) {
  const { definitions, order, chosen, disabled } = props;
  const id = useId();
  const list = useRef<HTMLDivElement>(null);
  const [query, setQuery] = useState("");
  const [top, setTop] = useState(0);
  const search = useMemo(() => makeSearch(readOptions(definitions, order)), [definitions, order]);
  const [current, setCurrent] = useState(() =>
    Math.max(
      0,
      search("").findIndex(({ value }) => chosen.includes(value)),
    ),
  );
  const found = useMemo(() => search(query), [search, query]);

  useEffect(() => {
    const element = list.current;
    if (!element) return;
    const lowest = (current + 1) * ROW - element.clientHeight;
    element.scrollTop = Math.min(Math.max(element.scrollTop, lowest), current * ROW);
  }, [current]);

  const onKeyDown = (event: KeyboardEvent) => {
    const option = found[current];
    const step = STEPS[event.key];
    if (step) setCurrent(Math.min(Math.max(current + step, 0), found.length - 1));
    else if (event.key === "Enter" && option && !chosen.includes(option.value))
      props.onChoose(option.value);
    else if (event.key === "Escape" && query) changeQuery("");
    else return;
    event.preventDefault();
  };
  const changeQuery = (text: string) => {
    setQuery(text);
    setCurrent(0);
  };

  const first = Math.max(0, Math.floor(top / ROW) - 3);
  const drawn = found.slice(first, first + DRAWN);
  const isDrawn = current >= first && current < first + drawn.length;
  return (
    <div className={styles.search}>
      <input
        type="search"
        role="combobox"
        placeholder="Search"
        autoComplete="off"
        aria-labelledby={props.labelId}
        aria-describedby={props.describedBy}
        aria-invalid={props.isInvalid}
        aria-expanded="true"
        aria-autocomplete="list"
        aria-controls={`${id}list`}
        aria-activedescendant={isDrawn ? `${id}${current}` : undefined}
        disabled={disabled}
        value={query}
        data-focus=""
        onChange={(event) => changeQuery(event.target.value)}
        onKeyDown={onKeyDown}
      />
      <div
        ref={list}
        id={`${id}list`}
        role="listbox"
        tabIndex={-1}
        aria-labelledby={props.labelId}
        aria-multiselectable={props.isMultiple}
        className={styles.list}
        onScroll={(event) => setTop(event.currentTarget.scrollTop)}
      >
        <div className={styles.content} role="presentation" style={{ height: found.length * ROW }}>
          {drawn.map((option, offset) => (
            <OptionRow
              key={option.value}
              id={`${id}${first + offset}`}
              title={option.title}
              index={first + offset}
              size={found.length}
              isChosen={chosen.includes(option.value)}
              isCurrent={first + offset === current}
              onChoose={() => {
                if (disabled) return;
                setCurrent(first + offset);
                props.onChoose(option.value);
              }}
            />
          ))}
        </div>
      </div>
      <div className={styles.foot} role="status">
        {found.length === 0 ? "No option has these words." : `${found.length} options.`}
        {chosen.length === 0 ? "" : ` Chosen: ${chosenTitles(definitions, chosen)}`}
      </div>
    </div>
  );
}

function chosenTitles(definitions: readonly OptionDefinition[], chosen: readonly string[]): string {
  return chosen
    .map((value) => pathOf(titleOf(definitions, value)))
    .map(({ parents, name }) => (parents ? `${name} (${parents})` : name))
    .join(", ");
}

const STEPS: Readonly<Record<string, number>> = {
  ArrowDown: 1,
  ArrowUp: -1,
  PageDown: 7,
  PageUp: -7,
};
