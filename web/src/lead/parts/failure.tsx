import { NoAnswer, Problem } from "../../api/problem";
import styles from "./failure.module.css";

interface Props {
  readonly error: unknown;
  /** What did not succeed: "The queues could not be read". */
  readonly title: string;
  readonly onRetry?: () => void;
}

/** What failed, why, and what to do about it. */
export function Failure({ error, title, onRetry }: Props) {
  const errors = error instanceof Problem ? error.errors : [];
  return (
    <div role="alert" className={styles.failure}>
      <p className={styles.title}>{title}</p>
      <p>{sentenceOf(error)}</p>
      {errors.length > 0 ? (
        <ul className={styles.list}>
          {errors.map((one) => (
            <li key={`${one.pointer} ${one.message}`}>
              {one.pointer ? <code>{one.pointer}</code> : null} {one.message}
            </li>
          ))}
        </ul>
      ) : null}
      {onRetry ? (
        <button type="button" className="button" onClick={onRetry}>
          Try again
        </button>
      ) : null}
    </div>
  );
}

export function sentenceOf(error: unknown): string {
  if (error instanceof NoAnswer) {
    return "The service does not answer. Your network or the service may be away; what is stored is safe. Try again in a moment.";
  }
  if (error instanceof Problem && error.status === 403) {
    return `${error.message} Ask whoever gave you your link for one with that right.`;
  }
  return error instanceof Error ? error.message : String(error);
}
