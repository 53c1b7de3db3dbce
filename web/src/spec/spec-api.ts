/** What the spec owner's screens ask of ingest. */

import { answerOf } from "../api/problem";
import type { Services } from "../api/services";
import type { components as consensus } from "../api/types/consensus";
import type { components } from "../api/types/ingest";
import { readDocument, type SpecDocument } from "./document";
import type { EditorState } from "./editor-state";
import type { Base } from "./stored-draft";

export type SpecHead = components["schemas"]["SpecHead"];
export type SpecCheck = components["schemas"]["SpecCheck"];
export type SpecTemplate = components["schemas"]["SpecTemplate"];
export type SpecPreview = components["schemas"]["SpecPreview"];
export type LabelPreview = consensus["schemas"]["LabelPreview"];
export type AnnotationCost = consensus["schemas"]["AnnotationCost"];
export type SpecPublication = components["schemas"]["SpecPublication"];

/** Return the versions of a project, the newest first. */
export async function listVersions(services: Services, project: string): Promise<SpecHead[]> {
  const params = { path: { project } };
  const call = services.ingest.GET("/v1/projects/{project}/specs", { params });
  return (await answerOf(call)).specs;
}

export async function loadVersion(
  services: Services,
  project: string,
  version: number,
): Promise<Base> {
  const params = { path: { project, version } };
  const call = services.ingest.GET("/v1/projects/{project}/specs/{version}", { params });
  const parsed = readDocument((await answerOf(call)).document);
  if ("fault" in parsed) {
    throw new Error(parsed.fault); // What is published has been checked by the server.
  }
  return { version, document: parsed.document };
}

/** Say all that is wrong with a document. Nothing is stored. */
export async function checkDocument(
  services: Services,
  project: string,
  document: SpecDocument,
): Promise<SpecCheck> {
  const params = { path: { project } };
  const body = document as components["schemas"]["SpecDocument"];
  return answerOf(services.ingest.POST("/v1/projects/{project}/specs/check", { params, body }));
}

export async function listTemplates(services: Services): Promise<SpecTemplate[]> {
  return answerOf(services.ingest.GET("/v1/spec-templates"));
}

/** Publish the draft, unless another version than the one it began from is the newest. */
export async function publish(
  services: Services,
  project: string,
  state: EditorState,
): Promise<SpecPublication> {
  const params = { path: { project } };
  const body = { ...requestOf(state), expected_version: state.base.version };
  return answerOf(services.ingest.POST("/v1/projects/{project}/specs", { params, body }));
}

/** Say what publishing the draft would do. Nothing is stored. */
export async function previewEffects(
  services: Services,
  project: string,
  state: EditorState,
): Promise<{ readonly spec: SpecPreview; readonly labels: LabelPreview }> {
  const params = { path: { project } };
  const body = requestOf(state);
  const [spec, labels] = await Promise.all([
    answerOf(services.ingest.POST("/v1/projects/{project}/specs/preview", { params, body })),
    answerOf(services.consensus.POST("/v1/projects/{project}/specs/preview", { params, body })),
  ]);
  return { spec, labels };
}

function requestOf({ document, resolves, relabel }: EditorState) {
  const content = document as components["schemas"]["SpecDocument"];
  return { ...content, resolves: [...resolves], relabel };
}
