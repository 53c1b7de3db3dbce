import { useState } from "react";
import type { ViewProps } from "../payload";
import styles from "./image.module.css";

/** An image by its address. If it cannot be loaded, the address is shown instead. */
export function Image({ name, value }: ViewProps) {
  const address = String(value);
  const [failed, setFailed] = useState("");
  if (failed === address) return <MediaFailed kind="image" address={address} />;
  return (
    <img className={styles.image} src={address} alt={name} onError={() => setFailed(address)} />
  );
}

interface FailedProps {
  readonly kind: string;
  readonly address: string;
}

/** Says that an image or a recording could not be loaded, and from where. */
export function MediaFailed({ kind, address }: FailedProps) {
  const isLink = /^https?:/i.test(address);
  return (
    <p className={styles.failed} role="alert">
      The {kind} could not be loaded. If it opens in a tab of its own, this page may not load it
      from there; else skip the item as bad data.{" "}
      {isLink ? (
        <a href={address} target="_blank" rel="noopener noreferrer">
          {address}
        </a>
      ) : (
        address.slice(0, 80)
      )}
    </p>
  );
}
