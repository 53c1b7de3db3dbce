/** What the screens of spec issues ask of quality, and of the services that know the items. */

import { answerOf, Problem } from "../api/problem";
import type { Services } from "../api/services";
import type { components as dataset } from "../api/types/dataset_store";
import type { components } from "../api/types/quality";

export type SpecIssues = components["schemas"]["SpecIssues"];
export type SpecIssue = components["schemas"]["SpecIssueView"];
export type SpecIssueDetail = components["schemas"]["SpecIssueDetail"];
export type Evidence = components["schemas"]["Evidence"];
export type EvidenceItem = components["schemas"]["EvidenceItem"];
export type Confusion = components["schemas"]["Confusion"];
export type Measure = components["schemas"]["Measure"];
export type Lineage = dataset["schemas"]["Lineage"];

const NO_ISSUES: SpecIssues = { issues: [], findings: [], skips: [] };

/** Return the issues of a project. Quality knows a project from its first spec version on. */
export async function listIssues(services: Services, project: string): Promise<SpecIssues> {
  const params = { path: { project } };
  try {
    return await answerOf(services.quality.GET("/v1/projects/{project}/spec-issues", { params }));
  } catch (error) {
    if (error instanceof Problem && error.type === "unknown-project") {
      return NO_ISSUES;
    }
    throw error;
  }
}

export async function loadIssue(services: Services, issueId: string): Promise<SpecIssueDetail> {
  const params = { path: { issue_id: issueId } };
  return answerOf(services.quality.GET("/v1/spec-issues/{issue_id}", { params }));
}

/** Return what happened to an item: who answered what, who skipped it, what was decided. */
export async function loadLineage(services: Services, itemId: string): Promise<Lineage> {
  const params = { path: { item_id: itemId } };
  return answerOf(services.datasetStore.GET("/v1/labels/{item_id}/lineage", { params }));
}
