import { useQuery } from "@tanstack/react-query";
import type { Services } from "../api/services";
import { Option } from "../ui/option";
import type { Action, EditorState } from "./editor-state";
import { listIssues } from "./issues-api";
import styles from "./publish-tab.module.css";

interface Props {
  readonly services: Services;
  readonly project: string;
  readonly state: EditorState;
  readonly dispatch: (action: Action) => void;
}

/** The open issues, of which some are resolved by the next version. Nothing if there are none. */
export function ResolvedIssues({ services, project, state, dispatch }: Props) {
  const found = useQuery({
    queryKey: ["spec-issues", project],
    queryFn: () => listIssues(services, project),
  });
  const open = found.data?.issues.filter((issue) => issue.resolved_by === null) ?? [];
  if (open.length === 0) {
    return null;
  }
  return (
    <fieldset className={styles.section}>
      <legend>Which issues does this version resolve?</legend>
      <div className={styles.options}>
        {open.map((issue) => (
          <Option
            key={issue.issue_id}
            type="checkbox"
            name={issue.issue_id}
            title={`“${issue.field}” under version ${issue.spec_version}: ${issue.why}`}
            hotkey=""
            checked={state.resolves.includes(issue.issue_id)}
            disabled={false}
            takesFocus={false}
            onChoose={() =>
              dispatch({
                type: "resolve",
                issueId: issue.issue_id,
                isResolved: !state.resolves.includes(issue.issue_id),
              })
            }
          />
        ))}
      </div>
    </fieldset>
  );
}
