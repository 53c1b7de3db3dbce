import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { Card } from "../parts/card";
import { Failure } from "../parts/failure";
import { Loaded } from "../parts/loaded";
import type { ViewProps } from "../project-screen";
import { useProject } from "../queries";
import { addressOfView } from "../views";
import { DropZone } from "./drop-zone";
import { upload, useUpload } from "./intake-queries";
import { SetupFile } from "./setup-file";

/** Sets a project up: a file (`setup/<upload>`), its columns, a specification, and people. */
export default function Setup({ services, project, rest }: ViewProps) {
  return rest === "" ? (
    <FileStep services={services} project={project} />
  ) : (
    <UploadStep services={services} project={project} rest={rest} />
  );
}

function FileStep({ services, project }: Pick<ViewProps, "services" | "project">) {
  const [file, setFile] = useState<File | null>(null);
  const read = useMutation({
    mutationFn: (chosen: File) => upload(services, project, chosen),
    onSuccess: ({ id }) => {
      location.hash = addressOfView(project, "setup", id);
    },
  });
  return (
    <Card title="Import a file">
      <DropZone
        file={file}
        onFile={(chosen) => {
          setFile(chosen);
          read.mutate(chosen);
        }}
      />
      {read.isPending ? <p role="status">Reading the file …</p> : null}
      {read.isError ? <Failure error={read.error} title="The file could not be read" /> : null}
    </Card>
  );
}

function UploadStep({ services, project, rest }: ViewProps) {
  const found = useUpload(services, project, rest);
  const head = useProject(services, project);
  return (
    <Loaded query={found} what="the file">
      {(file) => (
        <SetupFile
          key={file.id}
          services={services}
          project={project}
          upload={file}
          needsSpec={head.data?.spec_version == null}
        />
      )}
    </Loaded>
  );
}
