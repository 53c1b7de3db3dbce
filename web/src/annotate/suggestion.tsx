import type { components } from "../api/types/queue";
import { keyOfCommand } from "../keys/keys";
import { useOwnKeys } from "../keys/use-own-keys";
import { Key } from "../ui/key";
import type { FieldDefinition, WidgetModule } from "../widgets/widget";
import styles from "./suggestion.module.css";

interface Props {
  readonly field: FieldDefinition;
  readonly module: WidgetModule | undefined;
  readonly prelabel: components["schemas"]["Prelabel"] | null;
  readonly onTake: () => void;
}

/**
 * What a model suggests for the active field. It is never an answer until the person takes it over.
 *
 * It stands below the fields, so that these do not move between tasks with and without one.
 */
export function Suggestion({ field, module, prelabel, onTake }: Props) {
  const { own } = useOwnKeys();
  const value = prelabel?.value[field.name];
  if (!prelabel || value === undefined || !module) {
    return null;
  }
  const score = prelabel.score == null ? "" : ` (${Math.round(100 * prelabel.score)} %)`;
  return (
    <p className={styles.suggestion}>
      <span>
        <span className={styles.model}>{prelabel.model} suggests</span>{" "}
        <strong>{module.describe(field, value)}</strong>
        {score}
      </span>
      <button type="button" className={`button ${styles.take}`} onClick={onTake}>
        Take over <Key name={keyOfCommand("suggestion", [], own)} />
      </button>
    </p>
  );
}
