import { Image } from "../image/image";
import { Json } from "../json/json";
import { Markdown } from "../markdown/markdown";
import type { ViewProps } from "../payload";
import styles from "./chat.module.css";
import { readTurns, type Turn } from "./turns";

/** A conversation, turn by turn: what was said, the tools that were called and what they returned. */
export function Chat({ value }: ViewProps) {
  return (
    <ol className={styles.chat}>
      {readTurns(value)?.map((turn, index) => (
        <li key={index} className={styles.turn} data-role={turn.role}>
          <TurnView turn={turn} />
        </li>
      ))}
    </ol>
  );
}

function TurnView({ turn }: { readonly turn: Turn }) {
  return (
    <>
      <p className={styles.role}>
        {turn.role}
        {turn.name ? <span className={styles.name}>{turn.name}</span> : null}
      </p>
      <div className={styles.content}>
        {turn.texts.map((text, index) => (
          <Markdown key={index} name={turn.role} value={text} />
        ))}
        {turn.images.map((address, index) => (
          <Image key={index} name={turn.role} value={address} />
        ))}
        {turn.calls.map((call, index) => (
          <div key={index} className={styles.call}>
            <p>
              Calls <code>{call.name}</code>
            </p>
            <Json name={call.name} value={call.input} />
          </div>
        ))}
        {turn.data.map((data, index) => (
          <div key={index} className={styles.data}>
            <Json name={turn.role} value={data} />
          </div>
        ))}
      </div>
    </>
  );
}
