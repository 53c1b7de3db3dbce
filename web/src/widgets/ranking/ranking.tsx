import { useState } from "react";
import { Key } from "../../ui/key";
import { Announcement } from "../announcement";
import { Group } from "../group";
import { hotkey, optionKeys, readOptions, titleOf } from "../options";
import type { WidgetModule, WidgetProps } from "../widget";
import { Order } from "./order";
import styles from "./ranking.module.css";
import { mostRanks, move, type RankingField, ranked, rankHint, toggle } from "./ranking-value";

/** Options to put in order: choose them best first, then drag or move them with the arrow keys. */
function Ranking(props: WidgetProps<RankingField>) {
  const { field, value, onChange, disabled } = props;
  const [announced, setAnnounced] = useState("");
  const order = ranked(value);
  const options = readOptions(field.options, props.order);

  const moveTo = (from: number, to: number) => {
    const moved = move(order, from, to);
    if (moved === order) return;
    setAnnounced(`${titleOf(field.options, moved[to])}: place ${to + 1} of ${moved.length}`);
    onChange(moved);
  };
  return (
    <Group labelId={props.labelId} describedBy={props.describedBy}>
      <div className={styles.columns}>
        <div>
          <p className={styles.heading}>Options</p>
          <ul className={styles.list}>
            {options.map((option, index) => (
              <li key={option.value}>
                <button
                  type="button"
                  className={styles.option}
                  aria-pressed={order.includes(option.value)}
                  disabled={disabled}
                  data-focus={index === 0 ? "" : undefined}
                  onClick={() => onChange(toggle(field, value, option.value))}
                >
                  <span className={styles.place}>{place(order, option.value)}</span>
                  <span className={styles.title}>{option.title}</span>
                  <Hotkey name={hotkey(props.keys, option.value, props.isActive)} />
                </button>
              </li>
            ))}
          </ul>
        </div>
        <div>
          <p className={styles.heading}>Your order</p>
          <Order
            order={order}
            places={mostRanks(field)}
            titleOf={(option) => titleOf(field.options, option)}
            disabled={disabled}
            onMove={moveTo}
            onTakeOut={(option) => onChange(toggle(field, value, option))}
          />
        </div>
      </div>
      <p className={styles.hint}>{rankHint(field)} Drag to change the order, or press ↑ ↓ on it.</p>
      <Announcement>{announced}</Announcement>
    </Group>
  );
}

function Hotkey({ name }: { readonly name: string }) {
  return name ? <Key name={name} /> : null;
}

function place(order: readonly string[], option: string): string {
  const index = order.indexOf(option);
  return index < 0 ? "" : String(index + 1);
}

export const ranking: WidgetModule<RankingField> = {
  Widget: Ranking,
  keys: (field, order) =>
    optionKeys(readOptions(field.options, order), (value, option) => toggle(field, value, option)),
  describe: (field, value) =>
    ranked(value)
      .map((option, index) => `${index + 1}. ${titleOf(field.options, option)}`)
      .join(", "),
  isCompleteAfterKey: false,
};
