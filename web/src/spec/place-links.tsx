import { useQuery } from "@tanstack/react-query";
import type { Services } from "../api/services";
import styles from "./editor.module.css";
import { listIssues } from "./issues-api";
import { editorAddress, issuesAddress, type Place } from "./place";

interface Props {
  readonly services: Services;
  readonly project: string;
  readonly place: Place;
}

/** The way between the editor and the issues, with the number of open issues. */
export function PlaceLinks({ services, project, place }: Props) {
  const found = useQuery({
    queryKey: ["spec-issues", project],
    queryFn: () => listIssues(services, project),
    refetchInterval: 15_000,
  });
  const open = found.data?.issues.filter((issue) => issue.resolved_by === null).length ?? 0;
  const isEditor = place.kind === "editor";
  return (
    <nav aria-label="Specification" className={styles.places}>
      <a
        href={editorAddress(project)}
        className={styles.place}
        aria-current={isEditor ? "page" : undefined}
      >
        Specification
      </a>
      <a
        href={issuesAddress(project)}
        className={styles.place}
        aria-current={isEditor ? undefined : "page"}
      >
        Issues
        {open ? (
          <span className={styles.count}>
            {open}
            <span className="visually-hidden"> open</span>
          </span>
        ) : null}
      </a>
    </nav>
  );
}
