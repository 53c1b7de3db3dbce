import { useMutation, useQueryClient } from "@tanstack/react-query";
import { answerOf } from "../../api/problem";
import type { Services } from "../../api/services";
import { sentenceOf } from "../parts/failure";

interface Props {
  readonly services: Services;
  readonly project: string;
  readonly isPaused: boolean;
}

/** Pauses a project, so that nobody gets new work, or resumes it. */
export function PauseButton({ services, project, isPaused }: Props) {
  const queries = useQueryClient();
  const change = useMutation({
    mutationFn: () =>
      answerOf(
        services.queue.PUT("/v1/projects/{project}/pause", {
          params: { path: { project } },
          body: { paused: !isPaused },
        }),
      ),
    onSettled: () => queries.invalidateQueries({ queryKey: ["activity", project] }),
  });
  return (
    <>
      {change.isError ? (
        <span role="alert" className="error">
          {sentenceOf(change.error)}
        </span>
      ) : null}
      <button
        type="button"
        className="button"
        disabled={change.isPending}
        title={isPaused ? undefined : "Nobody gets new work; answers in hand are still accepted."}
        onClick={() => change.mutate()}
      >
        {isPaused ? "Resume" : "Pause"}
      </button>
    </>
  );
}
