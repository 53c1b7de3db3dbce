import { type ReactNode, useId } from "react";
import styles from "./form.module.css";
import { elementId, problemsAt, type SpecProblem } from "./problems";

interface ProblemsProps {
  readonly problems: readonly SpecProblem[];
  readonly id?: string;
}

/** What the server's check says of one place. */
export function Problems({ problems, id }: ProblemsProps) {
  if (problems.length === 0) {
    return null;
  }
  return (
    <ul id={id} className={styles.problems}>
      {problems.map(({ pointer, message, hint }) => (
        <li key={`${pointer} ${message}`}>
          {message} {hint ?? ""}
        </li>
      ))}
    </ul>
  );
}

export interface ControlProps {
  readonly id: string;
  readonly "aria-invalid": boolean | undefined;
  readonly "aria-describedby": string | undefined;
}

interface RowProps {
  readonly label: ReactNode;
  readonly help?: ReactNode;
  /** JSON pointer of the place that the row edits. */
  readonly place: string;
  readonly problems: readonly SpecProblem[];
  readonly children: (control: ControlProps) => ReactNode;
}

/** A labelled control, with its explanation and with what is wrong with its place. */
export function Row({ label, help, place, problems, children }: RowProps) {
  const helpId = useId();
  const problemId = useId();
  const id = elementId(place);
  const own = problemsAt(problems, place);
  const described = [help ? helpId : "", own.length ? problemId : ""].join(" ").trim();
  return (
    <div className={styles.row} data-invalid={own.length > 0}>
      <label htmlFor={id} className={styles.label}>
        {label}
      </label>
      {children({
        id,
        "aria-invalid": own.length > 0 || undefined,
        "aria-describedby": described || undefined,
      })}
      {help ? (
        <p id={helpId} className={styles.help}>
          {help}
        </p>
      ) : null}
      <Problems id={problemId} problems={own} />
    </div>
  );
}

interface TextRowProps extends Omit<RowProps, "children"> {
  readonly value: string;
  readonly placeholder?: string | undefined;
  readonly rows?: number;
  readonly onChange: (value: string) => void;
}

/** A row with a text input; with `rows` of more than one line. */
export function TextRow({ value, placeholder, rows, onChange, ...row }: TextRowProps) {
  return (
    <Row {...row}>
      {(control) =>
        rows ? (
          <textarea
            {...control}
            rows={rows}
            value={value}
            placeholder={placeholder}
            onChange={(event) => onChange(event.target.value)}
          />
        ) : (
          <input
            {...control}
            type="text"
            value={value}
            placeholder={placeholder}
            onChange={(event) => onChange(event.target.value)}
          />
        )
      }
    </Row>
  );
}

interface CheckRowProps {
  readonly label: ReactNode;
  readonly help?: ReactNode;
  readonly place: string;
  readonly problems: readonly SpecProblem[];
  readonly checked: boolean;
  readonly disabled?: boolean;
  readonly onChange: (checked: boolean) => void;
}

/** A row with a check box before its label. */
export function CheckRow(props: CheckRowProps) {
  const helpId = useId();
  const own = problemsAt(props.problems, props.place);
  return (
    <div className={styles.row} data-invalid={own.length > 0}>
      <label className={styles.check}>
        <input
          id={elementId(props.place)}
          type="checkbox"
          checked={props.checked}
          disabled={props.disabled}
          aria-describedby={props.help ? helpId : undefined}
          onChange={(event) => props.onChange(event.target.checked)}
        />
        {props.label}
      </label>
      {props.help ? (
        <p id={helpId} className={styles.help}>
          {props.help}
        </p>
      ) : null}
      <Problems problems={own} />
    </div>
  );
}
