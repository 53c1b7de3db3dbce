import type { RoomProps } from "../rooms";
import type { DecisionRoom } from "../second-look/decision-room";
import { SecondLook } from "../second-look/second-look";
import {
  COMMENT,
  REVIEW,
  reasonInWords,
  VERDICT,
  VERDICTS,
  type Verdict,
  withLabel,
} from "./review-work";

function Empty() {
  return (
    <p>
      Labels are drawn for review as they are decided, at the rate that the policy of the project
      sets. You do not get items that you have answered or decided yourself.
    </p>
  );
}

const ROOM: DecisionRoom = {
  name: "review",
  work: REVIEW,
  heading: "Review",
  reasonInWords,
  afterTaking: withLabel,
  decisionInWords: (answers) => {
    const verdict = VERDICTS[answers[VERDICT] as Verdict] ?? "";
    return [verdict, String(answers[COMMENT] ?? "")].filter(Boolean).join(" · ");
  },
  Empty,
};

/** The reviewers' screen: one decided label after the other. */
export default function Review(props: RoomProps) {
  return <SecondLook {...props} room={ROOM} />;
}
