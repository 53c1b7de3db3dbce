import { KeyList } from "../keys/keys-help";
import { Dialog } from "../ui/dialog";
import type { FieldKey } from "../widgets/widget";
import type { KeyEntry } from "./commands";

interface Props {
  readonly entries: readonly KeyEntry[];
  /** The keys of the active field. */
  readonly keys: readonly FieldKey[];
  readonly onClose: () => void;
}

/** All keys that do something now. */
export function KeysDialog({ entries, keys, onClose }: Props) {
  const isCommand = ({ binding }: KeyEntry) => binding.kind === "command";
  // Shift and the letter is explained once, below.
  const isTaking = ({ binding }: KeyEntry) => binding.kind === "take" && !binding.onlyActiveField;
  const pairs = (some: readonly KeyEntry[]) => some.map(({ key, title }) => [key, title] as const);
  return (
    <Dialog title="Keys" onClose={onClose}>
      <KeyList title="Answers" entries={pairs(entries.filter(isTaking))} />
      <KeyList title="This field" entries={keys.map(({ key, title }) => [key, title] as const)} />
      <KeyList title="Everywhere" entries={pairs(entries.filter(isCommand))} />
      <p className="muted">
        Tab goes to the next field. In a text, Ctrl and Enter submit. With Shift, the letter of an
        answer takes it over for the active field alone.
      </p>
    </Dialog>
  );
}
