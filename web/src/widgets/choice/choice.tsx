import { useId } from "react";
import { OptionGrid } from "../option-grid";
import { OptionSearch } from "../option-search";
import { isTaxonomy, optionKeys, otherText, readOptions, titleOf } from "../options";
import { OtherInput } from "../other-input";
import { RadioGroup } from "../radio-group";
import type { FieldOf, WidgetModule, WidgetProps } from "../widget";

type ChoiceField = FieldOf<"choice">;

/** One option of several; with `other` also a text of one's own. */
function Choice(props: WidgetProps<ChoiceField>) {
  const { field, value, onChange, disabled, labelId, describedBy } = props;
  const other = field.other ? (
    <OtherInput value={value} disabled={disabled} onChange={onChange} />
  ) : null;
  if (!isTaxonomy(field.options)) return <Radios {...props}>{other}</Radios>;
  return (
    <div>
      <OptionSearch
        definitions={field.options}
        order={props.order}
        chosen={typeof value === "string" ? [value] : []}
        isMultiple={false}
        disabled={disabled}
        labelId={labelId}
        describedBy={describedBy}
        isInvalid={props.error !== undefined}
        onChoose={onChange}
      />
      {other}
    </div>
  );
}

function Radios(props: WidgetProps<ChoiceField> & { readonly children: React.ReactNode }) {
  const { field, value } = props;
  return (
    <RadioGroup widget={props}>
      <OptionGrid
        type="radio"
        name={useId()}
        options={readOptions(field.options, props.order)}
        chosen={typeof value === "string" ? [value] : []}
        keys={props.keys}
        isActive={props.isActive}
        disabled={props.disabled}
        onChoose={props.onChange}
      />
      {props.children}
    </RadioGroup>
  );
}

export const choice: WidgetModule<ChoiceField> = {
  Widget: Choice,
  keys: (field, order) => optionKeys(readOptions(field.options, order), (_, option) => option),
  describe: (field, value) =>
    value === undefined ? "" : (otherText(value) ?? titleOf(field.options, value)),
  isCompleteAfterKey: true,
};
