import type { components } from "../../api/types/ingest";
import { USES, type Use, type Uses, withUse } from "./columns";
import styles from "./new-project.module.css";

type Understood = components["schemas"]["UnderstoodFile"];

interface Props {
  readonly understood: Understood;
  readonly uses: Uses;
  readonly onChange: (uses: Uses) => void;
}

/** The first rows as they were read; above each column, what becomes of it. */
export function ColumnTable({ understood, uses, onChange }: Props) {
  const columns =
    understood.shape === "items" ? ["external_id", "payload", "metadata"] : understood.columns;
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, so the keyboard must reach it
    <section className={styles.sheet} aria-label="First rows of the file" tabIndex={0}>
      <table>
        <thead>
          <tr>
            {columns.map((column) => (
              <th key={column} scope="col" data-use={uses.get(column)}>
                <span className={styles.column}>{column}</span>
                {understood.shape === "items" ? null : (
                  <select
                    aria-label={`What ${column} becomes`}
                    value={uses.get(column)}
                    onChange={(event) => onChange(withUse(uses, column, event.target.value as Use))}
                  >
                    {USES.map(([use, title]) => (
                      <option key={use} value={use}>
                        {title}
                      </option>
                    ))}
                  </select>
                )}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {understood.first_rows.map((row) => (
            <tr key={row.line}>
              {columns.map((column) => (
                <td key={column} data-use={uses.get(column)}>
                  {text(cellOf(row.item, column, understood))}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

/** Return the cell of a column: where the service put it in the item. */
export function cellOf(
  item: Readonly<Record<string, unknown>>,
  column: string,
  understood: Understood,
): unknown {
  if (understood.shape === "items") {
    return item[column];
  }
  if (column === understood.id_column) {
    return item["external_id"];
  }
  const parts = [item["payload"], item["metadata"]] as readonly (
    | Record<string, unknown>
    | undefined
  )[];
  return parts.find((part) => part && column in part)?.[column];
}

function text(value: unknown): string {
  if (value === undefined || value === null) {
    return "";
  }
  return typeof value === "string" ? value : JSON.stringify(value);
}
