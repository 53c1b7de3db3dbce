import { lazy, Suspense, useEffect, useRef, useState } from "react";
import { keyOfCommand } from "../keys/keys";
import { useOwnKeys } from "../keys/use-own-keys";
import { Key } from "../ui/key";
import styles from "./annotate.module.css";
import own from "./guidelines.module.css";
import type { Rule } from "./spec";

const Markdown = lazy(async () => ({ default: (await import("../ui/markdown")).Markdown }));

interface Props {
  readonly rules: readonly Rule[];
  readonly cited: readonly string[];
  /** The rule that is shown as the one in question; null if none is. */
  readonly shown: string | null;
  readonly onShow: (ruleId: string | null) => void;
  readonly onCite: (ruleId: string) => void;
}

/** The guidelines: all rules, searchable, each with its examples and a way to cite it. */
export function Guidelines({ rules, cited, shown, onShow, onCite }: Props) {
  const [search, setSearch] = useState("");
  const found = rules.filter((rule) => contains(rule, search));

  return (
    <aside
      aria-label="Guidelines"
      // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, so the keyboard must reach it.
      tabIndex={0}
      className={`${styles.pane} ${styles.guidelines} ${own.guidelines}`}
      data-open={shown !== null}
    >
      <div className={own.head}>
        <h2 className={own.title}>Guidelines</h2>
        <button type="button" className={`button ${own.close}`} onClick={() => onShow(null)}>
          Back to the item
        </button>
        {rules.length > 3 ? (
          <input
            type="search"
            aria-label="Search the guidelines"
            placeholder="Search"
            value={search}
            onChange={(event) => setSearch(event.target.value)}
          />
        ) : null}
      </div>
      {rules.length === 0 ? <p className="muted">This version has no written rules.</p> : null}
      {rules.length > 0 && found.length === 0 ? <p className="muted">No rule says that.</p> : null}
      {found.map((rule) => (
        <RuleCard
          key={rule.id}
          rule={rule}
          isCited={cited.includes(rule.id)}
          isShown={rule.id === shown}
          onCite={() => onCite(rule.id)}
        />
      ))}
    </aside>
  );
}

function contains(rule: Rule, search: string): boolean {
  const { id, text, examples = [], counter_examples = [] } = rule;
  const all = [id, text, ...examples, ...counter_examples].join("\n").toLowerCase();
  return all.includes(search.trim().toLowerCase());
}

interface RuleCardProps {
  readonly rule: Rule;
  readonly isCited: boolean;
  readonly isShown: boolean;
  readonly onCite: () => void;
}

function RuleCard({ rule, isCited, isShown, onCite }: RuleCardProps) {
  const { own: ownKeys } = useOwnKeys();
  const ref = useRef<HTMLElement>(null);
  useEffect(() => {
    if (isShown) {
      ref.current?.scrollIntoView({ block: "nearest" });
    }
  }, [isShown]);

  return (
    <article ref={ref} className={own.rule} data-shown={isShown} aria-label={`Rule ${rule.id}`}>
      <div className={own.ruleHead}>
        <h3 className={own.id}>{rule.id}</h3>
        <button type="button" className={own.cite} aria-pressed={isCited} onClick={onCite}>
          {isCited ? "Cited" : "Cite"}{" "}
          {isShown ? <Key name={keyOfCommand("cite", [], ownKeys)} /> : null}
        </button>
      </div>
      <Suspense fallback={<p>{rule.text}</p>}>
        <Markdown text={rule.text} />
      </Suspense>
      <Examples title="Yes" mark="✓" texts={rule.examples ?? []} />
      <Examples title="No" mark="✗" texts={rule.counter_examples ?? []} />
    </article>
  );
}

interface ExamplesProps {
  readonly title: string;
  readonly mark: string;
  readonly texts: readonly string[];
}

function Examples({ title, mark, texts }: ExamplesProps) {
  if (texts.length === 0) {
    return null;
  }
  return (
    <ul className={own.examples} data-kind={title} aria-label={title}>
      {texts.map((text) => (
        <li key={text}>
          <span className={own.mark} aria-hidden="true">
            {mark}
          </span>
          {text}
        </li>
      ))}
    </ul>
  );
}
