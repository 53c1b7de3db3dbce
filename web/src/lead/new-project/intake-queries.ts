/** Projects, uploaded files and templates, as ingest has them. */

import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { answerOf } from "../../api/problem";
import type { Services } from "../../api/services";
import type { components } from "../../api/types/ingest";
import type { TemplateDocument } from "./fill-template";

type Schemas = components["schemas"];
export type Upload = Schemas["Upload"];
export type Verdict = Schemas["UploadVerdict"];
export type ImportRequest = Schemas["UploadImportRequest"];

const WAIT_SECONDS = 2;
const POLL_MS = 500;

/** Upload a file to a project; return it with what was understood of it. */
export async function upload(services: Services, project: string, file: File): Promise<Upload> {
  return answerOf(
    services.ingest.POST("/v1/projects/{project}/uploads", {
      params: { path: { project }, query: { filename: file.name } },
      body: file as unknown as string,
      bodySerializer: (body) => body as unknown as File,
      headers: { "content-type": "application/octet-stream" },
    }),
  );
}

export async function createProject(services: Services, name: string, title: string) {
  return answerOf(services.ingest.POST("/v1/projects", { body: { name, title } }));
}

export function useUpload(services: Services, project: string, id: string) {
  const params = { path: { project, upload_id: id } };
  return useQuery({
    queryKey: ["upload", id],
    queryFn: () =>
      answerOf(services.ingest.GET("/v1/projects/{project}/uploads/{upload_id}", { params })),
    staleTime: Number.POSITIVE_INFINITY,
  });
}

export function useTemplates(services: Services) {
  return useQuery({
    queryKey: ["spec-templates"],
    queryFn: () => answerOf(services.ingest.GET("/v1/spec-templates")),
    staleTime: Number.POSITIVE_INFINITY,
  });
}

export interface Progress {
  readonly done: number;
  readonly total: number | null;
}

export interface Start {
  /** The specification to publish first; null if the project has one. */
  readonly document: TemplateDocument | null;
  readonly request: ImportRequest;
}

/** Publishes the specification, if there is one, and imports the file. */
export function useStart(
  services: Services,
  project: string,
  uploadId: string,
  onProgress: (progress: Progress) => void,
) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: async ({ document, request }: Start): Promise<Verdict> => {
      if (document) {
        const call = services.ingest.POST("/v1/projects/{project}/specs", {
          params: { path: { project } },
          body: document as unknown as Schemas["SpecRequest"],
        });
        await answerOf(call);
      }
      return importUpload(services, project, uploadId, request, onProgress);
    },
    onSettled: () => queries.invalidateQueries({ queryKey: ["project", project] }),
  });
}

async function importUpload(
  services: Services,
  project: string,
  uploadId: string,
  request: ImportRequest,
  onProgress: (progress: Progress) => void,
): Promise<Verdict> {
  const answer = await answerOf(
    services.ingest.POST("/v1/projects/{project}/uploads/{upload_id}/import", {
      params: { path: { project, upload_id: uploadId } },
      body: request,
      headers: { Prefer: `wait=${WAIT_SECONDS}` },
    }),
  );
  return "job_id" in answer ? resultOf(services, answer.job_id, onProgress) : answer;
}

/** A job as `GET /v1/jobs/{job_id}` returns it; its result is of the kind of the job. */
interface Job {
  readonly state: "queued" | "running" | "done" | "failed" | "cancelled";
  readonly done: number;
  readonly total: number | null;
  readonly result: unknown;
  readonly problem: { readonly detail?: string } | null;
}

/** Return the result of a job when it is done. Throws with its problem if it fails. */
async function resultOf(
  services: Services,
  jobId: string,
  onProgress: (progress: Progress) => void,
): Promise<Verdict> {
  for (;;) {
    const params = { path: { job_id: jobId } };
    const job = (await answerOf(services.ingest.GET("/v1/jobs/{job_id}", { params }))) as Job;
    if (job.state === "done") {
      return job.result as Verdict;
    }
    if (job.state === "failed" || job.state === "cancelled") {
      throw new Error(
        `The import is ${job.state}. What was imported before stays; start it again.`,
      );
    }
    onProgress({ done: job.done, total: job.total });
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}
