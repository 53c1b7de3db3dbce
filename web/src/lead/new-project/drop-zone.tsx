import { type ClipboardEvent, type DragEvent, useId, useState } from "react";
import styles from "./new-project.module.css";

interface Props {
  readonly file: File | null;
  readonly onFile: (file: File) => void;
}

const KINDS = "CSV, TSV, Excel, JSON, NDJSON or Parquet, also with gzip or zstd";

/** Takes a file: chosen, dropped, or pasted; cells pasted from a spreadsheet are a file too. */
export function DropZone({ file, onFile }: Props) {
  const [isOver, setOver] = useState(false);
  const id = useId();

  function take(data: DataTransfer) {
    const [dropped] = data.files;
    const text = data.getData("text/plain");
    if (dropped) {
      onFile(dropped);
    } else if (text) {
      const name = text.includes("\t") ? "pasted.tsv" : "pasted.csv";
      onFile(new File([text], name, { type: "text/plain" }));
    }
  }

  function drop(event: DragEvent) {
    event.preventDefault();
    setOver(false);
    take(event.dataTransfer);
  }

  function paste(event: ClipboardEvent) {
    event.preventDefault();
    take(event.clipboardData);
  }

  return (
    <label
      htmlFor={id}
      className={styles.zone}
      data-over={isOver}
      onDragOver={(event) => {
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={() => setOver(false)}
      onDrop={drop}
      onPaste={paste}
    >
      <input
        id={id}
        type="file"
        className="visually-hidden"
        onChange={(event) => {
          const [chosen] = event.target.files ?? [];
          if (chosen) {
            onFile(chosen);
          }
        }}
      />
      {file ? (
        <>
          <strong>{file.name}</strong>
          <span className="muted">{size(file.size)}. Choose, drop or paste another.</span>
        </>
      ) : (
        <>
          <strong>Choose a file, drop it here, or paste cells of a spreadsheet</strong>
          <span className="muted">{KINDS}</span>
        </>
      )}
    </label>
  );
}

function size(bytes: number): string {
  return bytes < 1_000_000 ? `${Math.ceil(bytes / 1000)} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
}
