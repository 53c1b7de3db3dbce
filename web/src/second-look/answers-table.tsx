import { Key } from "../ui/key";
import { titleOf } from "../validate/sentences";
import { markColor } from "../widgets/marks";
import type { Widgets } from "../widgets/registry";
import type { FieldDefinition, FieldKey, Label } from "../widgets/widget";
import styles from "./answers-table.module.css";
import { type Candidate, groupsOf, isDisputed, isSameLabel } from "./candidates";
import { takingKey } from "./commands";

interface Props {
  readonly candidates: readonly Candidate[];
  readonly fields: readonly FieldDefinition[];
  readonly widgets: Widgets;
  /** The label as it is decided so far. */
  readonly label: Label;
  /** The keys of the active field. */
  readonly keys: readonly FieldKey[];
  /** Called to take an answer over; with a field, that field's alone. */
  readonly onTake: (candidate: Candidate, field?: string) => void;
}

/** All answers side by side, field by field. Equal answers bear the same mark. */
export function AnswersTable(props: Props) {
  const { candidates, fields } = props;
  const answered = fields.filter(({ name }) => candidates.some(({ label }) => name in label));
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, so the keyboard must reach it.
    <section className={styles.scroll} aria-label="Answers side by side" tabIndex={0}>
      <table className={styles.table} style={{ minWidth: `${7 + 7.5 * candidates.length}rem` }}>
        <thead>
          <tr>
            <td className={styles.corner} />
            {candidates.map((one) => (
              <Head key={one.name} {...props} one={one} />
            ))}
          </tr>
        </thead>
        <tbody>
          {answered.map((field) => (
            <Row key={field.name} {...props} field={field} />
          ))}
          <Remarks
            candidates={candidates}
            title="Rules cited"
            textOf={({ rules }) => rules.join(", ")}
          />
          <Remarks candidates={candidates} title="Note" textOf={({ note }) => note ?? ""} />
        </tbody>
      </table>
    </section>
  );
}

function Head({ one, label, keys, onTake }: Props & { readonly one: Candidate }) {
  const key = takingKey(one, keys);
  const isTaken = isSameLabel(one.label, label);
  return (
    <th scope="col" className={styles.head}>
      <span className={styles.name}>{one.name}</span>
      {one.score === null ? null : (
        <span className={styles.score}>{Math.round(100 * one.score)} %</span>
      )}
      {one.source === "decided" ? null : (
        <button
          type="button"
          className={styles.take}
          aria-pressed={isTaken}
          onClick={() => onTake(one)}
        >
          {isTaken ? "Taken" : "Take"}
          <span className="visually-hidden"> the answer of {one.name}</span>
          {key === null ? null : <Key name={key} />}
        </button>
      )}
    </th>
  );
}

function Row({
  field,
  candidates,
  widgets,
  label,
  onTake,
}: Props & { readonly field: FieldDefinition }) {
  const groups = groupsOf(candidates, field.name);
  const differs = isDisputed(candidates, field.name);
  const title = titleOf(field);
  const words = (value: unknown) =>
    value === undefined ? "" : (widgets.get(field.kind)?.describe(field, value) ?? "");
  const isTaken = (one: Candidate) => groupsOf([one, { ...one, label }], field.name)[1] === 0;
  return (
    <tr data-differs={differs}>
      <th scope="row" className={styles.field}>
        {title}
        {differs ? <span className={styles.differs}>differs</span> : null}
      </th>
      {candidates.map((one, place) => (
        <td
          key={one.name}
          className={styles.cell}
          style={differs ? { "--group": markColor(groups[place] ?? 0) } : undefined}
        >
          <span className={styles.answer}>
            {words(one.label[field.name]) || <span className={styles.none}>no answer</span>}
          </span>
          {differs && one.source !== "decided" && field.name in one.label ? (
            <button
              type="button"
              className={styles.part}
              aria-pressed={isTaken(one)}
              onClick={() => onTake(one, field.name)}
            >
              {isTaken(one) ? "Taken" : "Take"}
              <span className="visually-hidden">{` the answer of ${one.name} to “${title}”`}</span>
            </button>
          ) : null}
        </td>
      ))}
    </tr>
  );
}

interface RemarksProps {
  readonly candidates: readonly Candidate[];
  readonly title: string;
  readonly textOf: (candidate: Candidate) => string;
}

/** What the answers say beside the label; nothing if none says anything. */
function Remarks({ candidates, title, textOf }: RemarksProps) {
  if (!candidates.some(textOf)) {
    return null;
  }
  return (
    <tr>
      <th scope="row" className={styles.field}>
        {title}
      </th>
      {candidates.map((one) => (
        <td key={one.name} className={styles.cell}>
          {textOf(one)}
        </td>
      ))}
    </tr>
  );
}
