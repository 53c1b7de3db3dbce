import { type ReactNode, useState } from "react";
import styles from "./sortable-table.module.css";

export interface Column<Row> {
  readonly key: string;
  readonly title: string;
  /** What the rows are sorted by; null comes last. A column without it cannot be sorted by. */
  readonly value?: (row: Row) => string | number | null;
  /** What is shown; by default the value. */
  readonly cell?: (row: Row) => ReactNode;
  readonly isNumber?: boolean;
}

interface Props<Row> {
  /** What the table is about, for screen readers. */
  readonly caption: string;
  readonly columns: readonly Column<Row>[];
  readonly rows: readonly Row[];
  readonly keyOf: (row: Row) => string;
}

interface Order {
  readonly key: string;
  readonly isDescending: boolean;
}

/** A table whose heads sort it: a first press upwards, a second downwards. */
export function SortableTable<Row>({ caption, columns, rows, keyOf }: Props<Row>) {
  const [order, setOrder] = useState<Order | null>(null);
  const sorted = sort(rows, columns, order);
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, so the keyboard must reach it
    <section className={styles.scroll} aria-label={`${caption}, table`} tabIndex={0}>
      <table className={styles.table}>
        <caption className="visually-hidden">{caption}</caption>
        <thead>
          <tr>
            {columns.map((column) => (
              <th
                key={column.key}
                scope="col"
                data-number={column.isNumber}
                aria-sort={ariaSort(column, order)}
              >
                {column.value ? (
                  <button
                    type="button"
                    className={styles.head}
                    onClick={() => setOrder(nextOrder(column.key, order))}
                  >
                    {column.title}
                    <span aria-hidden="true" className={styles.arrow}>
                      {arrow(column.key, order)}
                    </span>
                  </button>
                ) : (
                  column.title
                )}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {sorted.map((row) => (
            <tr key={keyOf(row)}>
              {columns.map((column) => (
                <td key={column.key} data-number={column.isNumber}>
                  {column.cell ? column.cell(row) : column.value?.(row)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

function nextOrder(key: string, order: Order | null): Order {
  return { key, isDescending: order?.key === key && !order.isDescending };
}

function arrow(key: string, order: Order | null): string {
  if (order?.key !== key) {
    return "";
  }
  return order.isDescending ? "↓" : "↑";
}

function ariaSort<Row>(column: Column<Row>, order: Order | null) {
  if (!column.value || order?.key !== column.key) {
    return undefined;
  }
  return order.isDescending ? "descending" : "ascending";
}

/** Return the rows in this order; in the order given if there is none. */
export function sort<Row>(
  rows: readonly Row[],
  columns: readonly Column<Row>[],
  order: Order | null,
): readonly Row[] {
  const value = columns.find((column) => column.key === order?.key)?.value;
  if (!value || !order) {
    return rows;
  }
  const sign = order.isDescending ? -1 : 1;
  return [...rows].sort((first, second) => {
    const [a, b] = [value(first), value(second)];
    if (a === null || b === null) {
      return Number(a === null) - Number(b === null);
    }
    return sign * compare(a, b);
  });
}

function compare(a: string | number, b: string | number): number {
  return typeof a === "number" && typeof b === "number"
    ? a - b
    : String(a).localeCompare(String(b), undefined, { numeric: true });
}
