import { useMutation } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import type { Services } from "../../api/services";
import { Card } from "../parts/card";
import { Failure } from "../parts/failure";
import { useProjects } from "../queries";
import { addressOfView } from "../views";
import { DropZone } from "./drop-zone";
import { createProject, upload } from "./intake-queries";
import styles from "./new-project.module.css";
import { slug, titleOfFile } from "./slug";

const NAME = /^[a-z0-9][a-z0-9._-]{0,62}$/;

/** The first step of a project: a file, from whose name come title and name, to be corrected. */
export function NewProject({ services }: { readonly services: Services }) {
  const projects = useProjects(services);
  const [file, setFile] = useState<File | null>(null);
  const [title, setTitle] = useState("");
  const [ownName, setName] = useState<string | null>(null);
  const name = ownName ?? slug(title);
  const isTaken = projects.data?.some((project) => project.name === name) ?? false;
  const wrong = faultOf(name, title, isTaken);
  const create = useMutation({
    mutationFn: async (chosen: File | null) => {
      await createProject(services, name, title.trim());
      return chosen ? (await upload(services, name, chosen)).id : "";
    },
    onSuccess: (id) => {
      location.hash = addressOfView(name, "setup", id);
    },
  });

  function submit(event: FormEvent) {
    event.preventDefault();
    // After a file that could not be read the project is there: it is the lead's own.
    if (title.trim() && (!wrong || (isTaken && create.isError))) {
      create.mutate(file);
    }
  }

  return (
    <Card title="New project">
      <form className={styles.form} onSubmit={submit}>
        <DropZone
          file={file}
          onFile={(chosen) => {
            setFile(chosen);
            setTitle((before) => before || titleOfFile(chosen.name));
          }}
        />
        <div className={styles.names}>
          <label>
            <span>Title</span>
            <input
              type="text"
              maxLength={200}
              value={title}
              onChange={(event) => setTitle(event.target.value)}
            />
          </label>
          <label>
            <span>Name in addresses</span>
            <input
              type="text"
              maxLength={63}
              value={name}
              aria-invalid={wrong !== null}
              aria-describedby={wrong ? "name-fault" : undefined}
              onChange={(event) => setName(event.target.value)}
            />
          </label>
        </div>
        {wrong && !create.isError ? (
          <p id="name-fault" className="error">
            {wrong}
          </p>
        ) : null}
        {create.isError ? (
          <Failure error={create.error} title="The project could not be set up" />
        ) : null}
        <div className={styles.buttons}>
          <button
            type="submit"
            className="button primary"
            disabled={!title.trim() || create.isPending}
          >
            {create.isPending ? "Reading the file …" : file ? "Create and read the file" : "Create"}
          </button>
          {file ? null : <span className="muted">A file can also follow later.</span>}
        </div>
      </form>
    </Card>
  );
}

function faultOf(name: string, title: string, isTaken: boolean): string | null {
  if (title.trim() === "" && name === "") {
    return null;
  }
  if (!NAME.test(name)) {
    return "The name has small letters, digits, dots and dashes, and begins with a letter or digit.";
  }
  return isTaken ? `There is a project called ${name} already: choose another name.` : null;
}
