import { useState } from "react";
import { MediaFailed } from "../payload/image/image";
import { BoxView } from "../widgets/boxes/box-view";
import { type BoxesField, boxesOf } from "../widgets/boxes/boxes-value";
import { titleOf } from "../widgets/options";
import type { Layer } from "./layers";
import styles from "./overlays.module.css";

interface Props {
  readonly field: BoxesField;
  readonly address: string;
  readonly layers: readonly Layer[];
}

/** The image with the boxes of each annotator, in the colour of the annotator. */
export function ImageOverlay({ field, address, layers }: Props) {
  const [failed, setFailed] = useState("");
  if (failed === address) {
    return <MediaFailed kind="image" address={address} />;
  }
  return (
    <div className={styles.stage}>
      <img
        className={styles.image}
        src={address}
        alt="The item"
        onError={() => setFailed(address)}
      />
      {layers.flatMap(({ candidate, place }) =>
        boxesOf(candidate.label[field.name]).map((box, at) => (
          <BoxView
            key={`${candidate.name} ${at}`}
            box={box}
            title={
              box.label === undefined
                ? candidate.name
                : `${candidate.name}: ${titleOf(field.options ?? [], box.label)}`
            }
            colorPlace={place}
            isSelected={false}
          />
        )),
      )}
    </div>
  );
}
