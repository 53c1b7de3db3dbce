import { useState } from "react";
import { MediaFailed } from "../image/image";
import type { ViewProps } from "../payload";
import styles from "./audio.module.css";

/** A recording by its address, with the browser's own controls, which keyboards can use. */
export function Audio({ name, value }: ViewProps) {
  const address = String(value);
  const [failed, setFailed] = useState("");
  if (failed === address) return <MediaFailed kind="recording" address={address} />;
  return (
    // biome-ignore lint/a11y/useMediaCaption: the recording is what people are asked about
    <audio
      className={styles.audio}
      src={address}
      aria-label={name}
      controls
      preload="metadata"
      onError={() => setFailed(address)}
    />
  );
}
