import { useMutation } from "@tanstack/react-query";
import { answerOf } from "../../api/problem";
import type { Services } from "../../api/services";
import { Card } from "../parts/card";
import { Failure } from "../parts/failure";
import { count, counted } from "../parts/figures";
import { Pill } from "../parts/pill";
import { save } from "../parts/save-file";
import { InviteForm } from "../people/invite-form";
import { addressOfView } from "../views";
import { Problems } from "./file-facts";
import type { Upload, Verdict } from "./intake-queries";
import styles from "./new-project.module.css";

interface Props {
  readonly services: Services;
  readonly project: string;
  readonly upload: Upload;
  readonly verdict: Verdict;
}

/** What was imported, and who shall label it. */
export function Started({ services, project, upload, verdict }: Props) {
  return (
    <>
      <Card title="Imported">
        <div className={styles.facts}>
          <Pill tone="good">{counted(verdict.created, "new item")}</Pill>
          {verdict.changed > 0 ? <Pill>{count(verdict.changed)} changed</Pill> : null}
          {verdict.unchanged > 0 ? <Pill>{count(verdict.unchanged)} as before</Pill> : null}
          {verdict.rejected > 0 ? (
            <Pill tone="danger">{count(verdict.rejected)} rejected</Pill>
          ) : null}
        </div>
        {verdict.problems.length > 0 ? (
          <Problems title="Rejected rows" problems={verdict.problems} />
        ) : null}
        {verdict.rejected > 0 ? (
          <Rejected services={services} project={project} upload={upload} />
        ) : null}
        {verdict.warnings.length > 0 ? (
          <Problems title="Imported without a part" problems={verdict.warnings} />
        ) : null}
      </Card>
      <Card title="Who labels">
        <InviteForm services={services} project={project} firstRole="annotator" />
      </Card>
      <div className={styles.start}>
        <a className="button primary" href={addressOfView(project, "overview")}>
          Watch it fill
        </a>
      </div>
    </>
  );
}

function Rejected({ services, project, upload }: Omit<Props, "verdict">) {
  const path = "/v1/projects/{project}/uploads/{upload_id}/rejected";
  const load = useMutation({
    mutationFn: async () => {
      const call = services.ingest.GET(path, {
        params: { path: { project, upload_id: upload.id } },
        parseAs: "blob",
      });
      save((await answerOf(call)) as unknown as Blob, `rejected-${upload.understood.name}`);
    },
  });
  return (
    <>
      <button
        type="button"
        className="button"
        disabled={load.isPending}
        onClick={() => load.mutate()}
      >
        Download the rejected rows, to mend and import them again
      </button>
      {load.isError ? <Failure error={load.error} title="The rows were not loaded" /> : null}
    </>
  );
}
