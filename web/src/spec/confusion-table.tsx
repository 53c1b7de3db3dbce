import { confusionMatrix } from "./confusion-matrix";
import styles from "./confusion-table.module.css";
import type { Confusion } from "./issues-api";
import { ScrollBox } from "./scroll-box";

interface Props {
  readonly field: string;
  readonly confusions: readonly Confusion[];
  /** The answers in the order of the field's options. */
  readonly known: readonly string[];
  readonly titleOf: (answer: string) => string;
}

const SIZE_MAX = 12;

/** The confusion matrix of a field as a heat map, which is a table. */
export function ConfusionTable({ field, confusions, known, titleOf }: Props) {
  const { answers, cells, largest, rest } = confusionMatrix(confusions, known, SIZE_MAX);
  return (
    <>
      <p className="muted">
        Items that got both answers to “{field}”, or were skipped because both fit.
      </p>
      <ScrollBox label="Confusion matrix">
        <table className={styles.matrix} aria-label={`Answers to “${field}” by answers`}>
          <thead>
            <tr>
              <td />
              {answers.map((answer) => (
                <th key={answer} scope="col">
                  {titleOf(answer)}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {answers.map((answer, row) => (
              <tr key={answer}>
                <th scope="row">{titleOf(answer)}</th>
                {cells[row]?.map((count, column) => (
                  <td
                    key={answers[column]}
                    className={styles.cell}
                    data-self={count === null}
                    style={{ "--heat": `${heat(count, largest)}%` }}
                  >
                    {count === null ? <span className="visually-hidden">the same</span> : count}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </ScrollBox>
      {rest.length ? (
        <p className="muted">
          Further pairs: {rest.slice(0, SIZE_MAX).map(pairWords(titleOf)).join(", ")}
          {rest.length > SIZE_MAX ? " …" : "."}
        </p>
      ) : null}
    </>
  );
}

/** The share of the hot colour in a cell, in percent: never so much that its number cannot be read. */
function heat(count: number | null, largest: number): number {
  return count ? Math.round(10 + (30 * count) / largest) : 0;
}

function pairWords(titleOf: (answer: string) => string) {
  return ({ first, second, items }: Confusion) =>
    `${titleOf(first)} and ${titleOf(second)} (${items})`;
}
