import type { Services } from "../api/services";
import { SkipDialog } from "../tasks/skip-dialog";
import type { Spec } from "../tasks/spec";
import { isOwn } from "../tasks/stage";
import type { Task } from "../tasks/task";
import type { Work } from "../tasks/work";
import type { Workbench } from "../tasks/workbench";
import type { FieldDefinition, FieldKey } from "../widgets/widget";
import type { KeyEntry } from "./commands";
import { DecidedDialog } from "./decided-dialog";
import type { DecisionRoom } from "./decision-room";
import { KeysDialog } from "./keys-dialog";

export type OpenDialog = "skip" | "help" | "decided" | "waiting" | null;

interface Props {
  readonly open: OpenDialog;
  readonly services: Services;
  readonly bench: Workbench;
  readonly work: Work;
  readonly task: Task;
  readonly spec: Spec;
  readonly room: DecisionRoom;
  readonly project: string | undefined;
  readonly entries: readonly KeyEntry[];
  readonly active: FieldDefinition;
  /** The keys of the active field. */
  readonly keys: readonly FieldKey[];
  readonly onClose: () => void;
}

/** The dialog that is open on the screen of a decision; nothing if none is. */
export function DecisionDialogs(props: Props) {
  const { open, services, bench, work, task, spec, room, project, active, onClose } = props;
  const field = isOwn(active.name) ? spec.labelFields[0] : active;
  if (open === "skip" && field) {
    return (
      <SkipDialog
        task={task}
        spec={spec}
        field={field}
        onSkip={(content) => {
          onClose();
          bench.skip(task, content);
        }}
        onClose={onClose}
      />
    );
  }
  if (open === "help") {
    return <KeysDialog entries={props.entries} keys={props.keys} onClose={onClose} />;
  }
  if (open === "decided") {
    return <DecidedDialog {...{ services, bench, work, room, onClose }} />;
  }
  return open === "waiting" && room.Waiting ? (
    <room.Waiting {...{ services, project, work, onClose }} />
  ) : null;
}
