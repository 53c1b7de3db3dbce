import type { components } from "../../api/types/ingest";
import { count, counted } from "../parts/figures";
import { Pill } from "../parts/pill";
import styles from "./new-project.module.css";

type Understood = components["schemas"]["UnderstoodFile"];
type RowProblem = components["schemas"]["RowProblem"];

const DELIMITERS: Readonly<Record<string, string>> = {
  ",": "separated by commas",
  ";": "separated by semicolons",
  "\t": "separated by tabs",
  "|": "separated by bars",
};

/** How a file was read, how many rows it has, and what is wrong with some of them. */
export function FileFacts({ understood }: { readonly understood: Understood }) {
  const { duplicates, problems } = understood;
  return (
    <>
      <div className={styles.facts}>
        {factsOf(understood).map((fact) => (
          <Pill key={fact}>{fact}</Pill>
        ))}
        {duplicates > 0 ? (
          <Pill tone="warning">
            {counted(duplicates, "row repeats", "rows repeat")} an earlier id
          </Pill>
        ) : null}
      </div>
      {problems.length > 0 ? <Problems title="Rows with problems" problems={problems} /> : null}
    </>
  );
}

function factsOf(understood: Understood): readonly string[] {
  const { delimiter } = understood;
  return [
    counted(understood.rows, "row"),
    understood.format.toUpperCase(),
    understood.compression ?? "",
    encodingName(understood.encoding),
    delimiter ? (DELIMITERS[delimiter] ?? `separated by ${delimiter}`) : "",
    delimiter && !understood.has_header ? "no header" : "",
    understood.sheet ? `sheet ${understood.sheet}` : "",
    understood.other_sheets.length > 0 ? `not read: ${understood.other_sheets.join(", ")}` : "",
  ].filter((fact) => fact !== "");
}

/** Return what people call an encoding: `utf-8-sig` is UTF-8 too. */
function encodingName(encoding: string | null): string {
  return (encoding ?? "").replace("-sig", "").toUpperCase();
}

interface ProblemsProps {
  readonly title: string;
  readonly problems: readonly RowProblem[];
}

/** Faults of rows, each with its place; equal ones are one. */
export function Problems({ title, problems }: ProblemsProps) {
  return (
    <div className={styles.problems}>
      <h3>{title}</h3>
      <ul>
        {problems.map((problem) => (
          <li key={`${problem.column} ${problem.message}`}>
            {placeOf(problem)}: {problem.message}
          </li>
        ))}
      </ul>
    </div>
  );
}

function placeOf({ lines, count: total, column }: RowProblem): string {
  const rest = total > lines.length ? ` and ${count(total - lines.length)} more` : "";
  const place = `${total === 1 ? "Line" : "Lines"} ${lines.join(", ")}${rest}`;
  return column ? `${place}, ${column}` : place;
}
