import { useState } from "react";
import { titleOf } from "../validate/sentences";
import { imageKey } from "../widgets/boxes/boxes-value";
import { markColor } from "../widgets/marks";
import type { FieldDefinition, Payload } from "../widgets/widget";
import type { Candidate } from "./candidates";
import { ImageOverlay } from "./image-overlay";
import styles from "./overlays.module.css";
import { TextOverlay } from "./text-overlay";

interface Props {
  readonly fields: readonly FieldDefinition[];
  readonly payload: Payload;
  readonly candidates: readonly Candidate[];
}

/** The item once more for each field that marks something in it, with the marks of all answers. */
export default function Overlays({ fields, payload, candidates }: Props) {
  return fields
    .filter(({ kind }) => kind === "spans" || kind === "boxes")
    .map((field) => (
      <Overlay key={field.name} field={field} payload={payload} candidates={candidates} />
    ));
}

interface OverlayProps extends Omit<Props, "fields"> {
  readonly field: FieldDefinition;
}

function Overlay({ field, payload, candidates }: OverlayProps) {
  const [hidden, setHidden] = useState<readonly string[]>([]);
  const layers = candidates.map((one, place) => ({ candidate: one, place }));
  const visible = layers.filter((one) => !hidden.includes(one.candidate.name));
  const image = imageKey(payload);

  function toggle(name: string) {
    setHidden(hidden.includes(name) ? hidden.filter((one) => one !== name) : [...hidden, name]);
  }

  return (
    <section aria-label={`${titleOf(field)}: everyone’s marks`} className={styles.overlay}>
      <div className={styles.head}>
        <h2 className={styles.title}>{titleOf(field)}: everyone’s marks</h2>
        {/* biome-ignore lint/a11y/useSemanticElements: a fieldset would draw a frame */}
        <div role="group" aria-label="Whose marks are shown" className={styles.legend}>
          {layers.map(({ candidate: one, place }) => (
            <button
              key={one.name}
              type="button"
              className={styles.layer}
              aria-pressed={!hidden.includes(one.name)}
              onClick={() => toggle(one.name)}
            >
              <span className={styles.swatch} style={{ "--layer": markColor(place) }} />
              {one.name}
            </button>
          ))}
        </div>
      </div>
      {field.kind === "spans" ? (
        <TextOverlay field={field} payload={payload} layers={visible} />
      ) : null}
      {field.kind === "boxes" && image !== undefined ? (
        <ImageOverlay field={field} address={String(payload[image])} layers={visible} />
      ) : null}
    </section>
  );
}
