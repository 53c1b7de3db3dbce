import { useId } from "react";
import { Key } from "../../ui/key";
import { hotkey, optionKeys, readOptions } from "../options";
import { RadioGroup } from "../radio-group";
import type { FieldOf, WidgetModule, WidgetProps } from "../widget";
import styles from "./rating.module.css";

type RatingField = FieldOf<"rating">;

const IN_ONE_ROW = 11;

/** A level on a scale, as radio buttons in one row, lowest first; long scales take several rows. */
function Rating(props: WidgetProps<RatingField>) {
  const { field, value, onChange, disabled, isActive } = props;
  const name = useId();
  const levels = levelsOf(field);
  const focused = typeof value === "number" && levels.includes(value) ? value : levels[0];
  return (
    <RadioGroup widget={props} className={levels.length > IN_ONE_ROW ? styles.many : styles.levels}>
      {levels.map((level) => {
        const key = hotkey(props.keys, String(level), isActive);
        return (
          <label key={level} className={styles.level}>
            <input
              type="radio"
              name={name}
              checked={value === level}
              disabled={disabled}
              onChange={() => onChange(level)}
              data-focus={level === focused ? "" : undefined}
            />
            {level}
            {key && key !== String(level) ? (
              <span className={styles.key}>
                <Key name={key} />
              </span>
            ) : null}
          </label>
        );
      })}
    </RadioGroup>
  );
}

export function levelsOf({
  minimum = 1,
  maximum = Math.max(5, minimum + 1),
}: RatingField): number[] {
  return Array.from({ length: maximum - minimum + 1 }, (_, step) => minimum + step);
}

/** A level of one digit is its own key, as 0 is for 10 where it is free; other scales get a list's keys. */
function keys(field: RatingField) {
  const levels = levelsOf(field);
  const [lowest = 0, highest = 0] = [levels[0], levels.at(-1)];
  const areDigits = lowest >= 0 && highest <= 9;
  const isToTen = lowest >= 1 && highest === 10;
  const options = levels.map((level) =>
    areDigits || isToTen ? { value: String(level), key: String(level % 10) } : String(level),
  );
  return optionKeys(readOptions(options), (_, level) => Number(level));
}

export const rating: WidgetModule<RatingField> = {
  Widget: Rating,
  keys,
  describe: (_, value) => (typeof value === "number" ? String(value) : ""),
  isCompleteAfterKey: true,
};
