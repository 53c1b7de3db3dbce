import { useState } from "react";
import type { Services } from "../../api/services";
import { Card } from "../parts/card";
import { Failure } from "../parts/failure";
import { count, counted } from "../parts/figures";
import { ColumnTable } from "./column-table";
import { columnsWith, importRequest, proposedUses } from "./columns";
import { FileFacts } from "./file-facts";
import type { TemplateDocument } from "./fill-template";
import { type Progress, type Upload, useStart } from "./intake-queries";
import styles from "./new-project.module.css";
import { Started } from "./started";
import { TemplateStep } from "./template-step";

interface Props {
  readonly services: Services;
  readonly project: string;
  readonly upload: Upload;
  /** True if the project has no specification yet. */
  readonly needsSpec: boolean;
}

/** What was understood of a file, the specification, and the start; then people are invited. */
export function SetupFile({ services, project, upload, needsSpec }: Props) {
  const { understood } = upload;
  const [uses, setUses] = useState(() => proposedUses(understood));
  const [document, setDocument] = useState<TemplateDocument | null>(null);
  const [progress, setProgress] = useState<Progress | null>(null);
  // The project has a specification as soon as it is published: the step stays until all is done.
  const [isFirst] = useState(needsSpec);
  const start = useStart(services, project, upload.id, setProgress);
  if (start.isSuccess) {
    return <Started services={services} project={project} upload={upload} verdict={start.data} />;
  }
  const isItems = understood.shape === "items";
  const missing = missingFor(isItems || columnsWith(uses, "payload").length > 0, isFirst, document);
  const withoutId = !isItems && columnsWith(uses, "id").length === 0;
  return (
    <>
      <Card title="The file">
        <FileFacts understood={understood} />
        <ColumnTable understood={understood} uses={uses} onChange={setUses} />
        {withoutId ? (
          <p className={styles.warning}>
            No column is the id. Rows are then told apart by their content, and importing a
            corrected file adds its rows as new items. Choose the id column if there is one.
          </p>
        ) : null}
      </Card>
      {isFirst ? (
        <TemplateStep
          services={services}
          understood={understood}
          uses={uses}
          onChange={setDocument}
        />
      ) : null}
      {start.isError ? (
        <Failure error={start.error} title="The project could not be started" />
      ) : null}
      <div className={styles.start}>
        <button
          type="button"
          className="button primary"
          disabled={missing !== null || start.isPending}
          onClick={() => start.mutate({ document, request: importRequest(understood, uses) })}
        >
          {isFirst ? "Start labeling" : "Import"} {counted(understood.rows, "row")}
        </button>
        <span role="status" className="muted">
          {start.isPending ? progressText(progress) : missing}
        </span>
      </div>
    </>
  );
}

function missingFor(
  hasPayload: boolean,
  needsSpec: boolean,
  document: TemplateDocument | null,
): string | null {
  if (!hasPayload) {
    return "Choose at least one column that is shown.";
  }
  return needsSpec && document === null ? "Choose what people fill in." : null;
}

function progressText(progress: Progress | null): string {
  if (progress === null) {
    return "Importing …";
  }
  const total = progress.total === null ? "" : ` of ${count(progress.total)}`;
  return `Importing: ${count(progress.done)}${total} rows …`;
}
