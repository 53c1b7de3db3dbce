import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useId, useState } from "react";
import { answerOf } from "../../api/problem";
import type { Services } from "../../api/services";
import { Dialog } from "../../ui/dialog";
import { Failure } from "../parts/failure";
import styles from "./annotators.module.css";

const CHOICES = [
  {
    standing: "good",
    title: "Restore",
    effect: "Gets work as everybody does. Gold is counted anew from now.",
  },
  {
    standing: "flagged",
    title: "Flag",
    effect: "Goes on working. Agreement is also measured without these answers.",
  },
  {
    standing: "suspended",
    title: "Suspend",
    effect: "Gets no work until somebody restores it. Recent labels are sent to review.",
  },
] as const;

type Chosen = (typeof CHOICES)[number]["standing"];

interface Props {
  readonly services: Services;
  readonly project: string;
  readonly annotator: string;
  readonly name: string;
  readonly standing: string;
  readonly onClose: () => void;
}

/** Flags, suspends or restores an annotator, with a reason. */
export function StandingDialog({ services, project, annotator, name, standing, onClose }: Props) {
  const [chosen, setChosen] = useState<Chosen>(standing === "suspended" ? "good" : "suspended");
  const [reason, setReason] = useState("");
  const queries = useQueryClient();
  const id = useId();
  const change = useMutation({
    mutationFn: () =>
      answerOf(
        services.quality.PUT("/v1/annotators/{annotator}", {
          params: { path: { annotator } },
          body: { project, standing: chosen, reason: reason.trim() },
        }),
      ),
    onSuccess: async () => {
      await queries.invalidateQueries({ queryKey: ["annotators", project] });
      onClose();
    },
  });

  function submit(event: FormEvent) {
    event.preventDefault();
    if (reason.trim()) {
      change.mutate();
    }
  }

  return (
    <Dialog title={`The standing of ${name}`} onClose={onClose}>
      <form className={styles.form} onSubmit={submit}>
        <fieldset className={styles.choices}>
          <legend className="visually-hidden">What to do</legend>
          {CHOICES.map((choice) => (
            <label key={choice.standing} className={styles.choice}>
              <input
                type="radio"
                name="standing"
                checked={chosen === choice.standing}
                onChange={() => setChosen(choice.standing)}
              />
              <strong>{choice.title}</strong>
              <span className="muted">{choice.effect}</span>
            </label>
          ))}
        </fieldset>
        <div>
          <label htmlFor={id}>Reason, kept with the standing</label>
          <textarea
            id={id}
            rows={3}
            data-focus=""
            required
            value={reason}
            onChange={(event) => setReason(event.target.value)}
          />
        </div>
        {change.isError ? (
          <Failure error={change.error} title="The standing was not changed" />
        ) : null}
        <div className={styles.buttons}>
          <button
            type="submit"
            className="button primary"
            disabled={!reason.trim() || change.isPending}
          >
            {CHOICES.find((choice) => choice.standing === chosen)?.title} {name}
          </button>
        </div>
      </form>
    </Dialog>
  );
}
