import { type KeyboardEvent, type PointerEvent, useLayoutEffect, useRef, useState } from "react";
import { IconButton } from "../icon-button";
import styles from "./ranking.module.css";

interface Props {
  readonly order: readonly string[];
  readonly places: number;
  readonly titleOf: (option: string) => string;
  readonly disabled: boolean;
  readonly onMove: (from: number, to: number) => void;
  readonly onTakeOut: (option: string) => void;
}

/** The places, best first: the taken ones can be dragged, or moved with the arrow keys. */
export function Order({ order, places, disabled, onMove, ...props }: Props) {
  const list = useRef<HTMLOListElement>(null);
  const [dragged, setDragged] = useState<string>();
  const moved = useRef<HTMLElement>(null);

  // A row that changes its place in the document loses the focus: give it back.
  useLayoutEffect(() => {
    if (order.length > 0) moved.current?.focus();
    moved.current = null;
  }, [order]);

  const onPointerDown = (event: PointerEvent, option: string) => {
    if (disabled || event.button !== 0 || (event.target as Element).closest("button")) return;
    event.currentTarget.setPointerCapture(event.pointerId);
    setDragged(option);
  };
  const onPointerMove = (event: PointerEvent) => {
    if (dragged === undefined || !list.current) return;
    const rows = [...list.current.children].slice(0, order.length);
    const to = rows.findIndex((row) => event.clientY < row.getBoundingClientRect().bottom);
    const from = order.indexOf(dragged);
    const target = to < 0 ? order.length - 1 : to;
    if (from >= 0 && target !== from) onMove(from, target);
  };
  const onKeyDown = (event: KeyboardEvent, index: number) => {
    const step = event.key === "ArrowUp" ? -1 : event.key === "ArrowDown" ? 1 : 0;
    if (step === 0 || disabled) return;
    event.preventDefault();
    moved.current = event.currentTarget as HTMLElement;
    onMove(index, index + step);
  };
  return (
    <ol ref={list} className={styles.list}>
      {order.map((option, index) => (
        <li
          key={option}
          className={option === dragged ? `${styles.rank} ${styles.dragged}` : styles.rank}
          onPointerDown={(event) => onPointerDown(event, option)}
          onPointerMove={onPointerMove}
          onPointerUp={() => setDragged(undefined)}
          onPointerCancel={() => setDragged(undefined)}
        >
          <span className={styles.place}>{index + 1}</span>
          <span className={styles.title}>{props.titleOf(option)}</span>
          <span>
            <IconButton
              icon="move"
              title={`Move ${props.titleOf(option)}, place ${index + 1}: press the up or down arrow`}
              disabled={disabled}
              onKeyDown={(event) => onKeyDown(event, index)}
            />
            <IconButton
              icon="remove"
              title={`Take out ${props.titleOf(option)}`}
              disabled={disabled}
              onClick={() => props.onTakeOut(option)}
            />
          </span>
        </li>
      ))}
      {Array.from({ length: Math.max(0, places - order.length) }, (_, index) => (
        <li key={index} className={`${styles.rank} ${styles.empty}`}>
          <span className={styles.place}>{order.length + index + 1}</span>
        </li>
      ))}
    </ol>
  );
}
