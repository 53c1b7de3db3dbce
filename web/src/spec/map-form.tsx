import { isObject } from "./document";
import { CheckRow, Problems } from "./form";
import styles from "./form.module.css";
import { problemsAt } from "./problems";
import type { Schema } from "./schema";
import { Part, type PartProps } from "./schema-form";

/** Settings of single fields: one control for each field of the document, used where it is ticked. */
export function MapForm(props: PartProps & { readonly values: Schema }) {
  const { schema, label, shape, place, problems, fieldNames, onChange } = props;
  const value = isObject(props.value) ? props.value : {};
  const names = [...new Set([...fieldNames, ...Object.keys(value)])];
  const valueShape = schema.resolve(props.values);

  function change(name: string, next: unknown) {
    const { [name]: _, ...rest } = value;
    const map = next === undefined ? rest : { ...rest, [name]: next };
    onChange(Object.keys(map).length ? map : undefined);
  }

  return (
    <fieldset className={styles.section} data-wide>
      <legend>{label}</legend>
      {shape.description ? <p className={styles.help}>{shape.description}</p> : null}
      <Problems problems={problems.filter((one) => one.pointer === place)} />
      {names.length === 0 ? <p className={styles.help}>There are no fields yet.</p> : null}
      {names.map((name) => {
        const own = `${place}/${name}`;
        const isOwn = name in value;
        return (
          <div key={name}>
            <CheckRow
              label={`Another for “${name}”`}
              place={isOwn ? `${own}#own` : own}
              problems={isOwn ? [] : problemsAt(problems, own)}
              checked={isOwn}
              onChange={(checked) => change(name, checked ? firstValue(valueShape) : undefined)}
            />
            {isOwn ? (
              <Part
                {...props}
                shape={valueShape}
                label={name}
                value={value[name]}
                place={own}
                onChange={(next) => change(name, next ?? {})}
              />
            ) : null}
          </div>
        );
      })}
    </fieldset>
  );
}

function firstValue(shape: Schema): unknown {
  return shape.properties ? {} : (shape.enum?.[0] ?? "");
}
