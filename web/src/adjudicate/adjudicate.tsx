import type { RoomProps } from "../rooms";
import type { DecisionRoom, WaitingProps } from "../second-look/decision-room";
import { SecondLook } from "../second-look/second-look";
import { ADJUDICATION, CAUSE, CAUSES, type Cause, RATIONALE, RULES, rulesIn } from "./adjudication";
import { ConflictsDialog, countInWords, useConflicts } from "./conflicts";
import { Precedents } from "./precedents";

function Count({ services, project, work }: WaitingProps) {
  const conflicts = useConflicts(services, project, work);
  return conflicts ? `${countInWords(conflicts)} · ` : null;
}

function Waiting(props: WaitingProps & { readonly onClose: () => void }) {
  const conflicts = useConflicts(props.services, props.project, props.work);
  const inHand = props.work.tasks.map(({ lease }) => lease.task_id);
  return conflicts ? (
    <ConflictsDialog conflicts={conflicts} inHand={inHand} onClose={props.onClose} />
  ) : null;
}

function Empty({ services, project, work }: WaitingProps) {
  const conflicts = useConflicts(services, project, work);
  if (!conflicts?.list.length) {
    return <p>Every label of this project is decided. Conflicts come here when answers differ.</p>;
  }
  return (
    <p>
      <strong>{countInWords(conflicts)}.</strong> You do not get those about items that you have
      answered or skipped yourself: somebody else has to decide them. Ask the lead of the project to
      give another person the role adjudicator.
    </p>
  );
}

const ROOM: DecisionRoom = {
  name: "adjudicate",
  work: ADJUDICATION,
  heading: "Adjudicate",
  rulesField: RULES,
  reasonInWords: (reason) => reason,
  afterTaking: (_, answers) => answers,
  decisionInWords: (answers) => {
    const cause = CAUSES[answers[CAUSE] as Cause] ?? "";
    return [cause, ...rulesIn(answers), String(answers[RATIONALE] ?? "")].join(" · ");
  },
  Precedents,
  Count,
  Empty,
  Waiting,
};

/** The adjudicators' screen: one conflict after the other. */
export default function Adjudicate(props: RoomProps) {
  return <SecondLook {...props} room={ROOM} />;
}
