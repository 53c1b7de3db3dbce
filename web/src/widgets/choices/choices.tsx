import { Group } from "../group";
import { OptionGrid } from "../option-grid";
import { OptionSearch } from "../option-search";
import { isTaxonomy, optionKeys, otherText, readOptions, titleOf } from "../options";
import { OtherInput } from "../other-input";
import type { Answer, WidgetModule, WidgetProps } from "../widget";
import styles from "./choices.module.css";
import {
  type ChoicesField,
  countHint,
  mostParts,
  partsOf,
  replaceOther,
  toggle,
} from "./choices-value";

/** Several options; with `other` also one text of one's own. */
function Choices(props: WidgetProps<ChoicesField>) {
  const { field, value, onChange, disabled, labelId, describedBy } = props;
  const parts = partsOf(value);
  const chosen = parts.filter((part) => typeof part === "string");
  const choose = (option: string) => onChange(toggle(field, value, option));
  return (
    <Group labelId={labelId} describedBy={describedBy}>
      {isTaxonomy(field.options) ? (
        <OptionSearch
          definitions={field.options}
          order={props.order}
          chosen={chosen}
          isMultiple
          disabled={disabled}
          labelId={labelId}
          describedBy={describedBy}
          isInvalid={props.error !== undefined}
          onChoose={choose}
        />
      ) : (
        <OptionGrid
          type="checkbox"
          name={field.name}
          options={readOptions(field.options, props.order)}
          chosen={chosen}
          keys={props.keys}
          isActive={props.isActive}
          disabled={disabled}
          onChoose={choose}
        />
      )}
      {field.other ? (
        <OtherInput
          value={parts.find((part) => otherText(part) !== undefined)}
          disabled={disabled}
          onChange={(other) => onChange(replaceOther(field, value, other))}
        />
      ) : null}
      <p className={styles.count} role="status">
        {countHint(field)} {parts.length > 0 ? `${parts.length} chosen` : ""}
        {parts.length >= mostParts(field) && mostParts(field) > 1
          ? "; to choose another one, take one out."
          : ""}
      </p>
    </Group>
  );
}

function describe(field: ChoicesField, value: Answer): string {
  return partsOf(value)
    .map((part) => otherText(part) ?? titleOf(field.options, part))
    .join(", ");
}

export const choices: WidgetModule<ChoicesField> = {
  Widget: Choices,
  keys: (field, order) =>
    optionKeys(readOptions(field.options, order), (value, option) => toggle(field, value, option)),
  describe,
  isCompleteAfterKey: false,
};
