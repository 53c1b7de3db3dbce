/**
 * What the lead's screens read from the services. While a screen is open and in sight, its figures
 * are read again every few seconds.
 */

import { type UseQueryResult, useQuery } from "@tanstack/react-query";
import { answerOf, Problem } from "../api/problem";
import type { Services } from "../api/services";
import type { components as ConsensusTypes } from "../api/types/consensus";
import type { components as QueueTypes } from "../api/types/queue";

export const REFRESH_MS = 5000;
const REFRESHED = { refetchInterval: REFRESH_MS };

export type Measure = ConsensusTypes["schemas"]["Measure"];
export type Agreement = ConsensusTypes["schemas"]["AgreementView"];
export type Queue = QueueTypes["schemas"]["QueueDepth"];
export type Activity = QueueTypes["schemas"]["ProjectActivity"];

/** Return the answer; null if the service has not heard of the project yet. */
export async function orNone<T>(answer: Promise<T>): Promise<T | null> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof Problem && error.status === 404) {
      return null;
    }
    throw error;
  }
}

export function useProjects(services: Services) {
  return useQuery({
    queryKey: ["projects"],
    queryFn: async () => {
      const projects = [];
      for (let after: string | null | undefined; after !== null; ) {
        const query = after ? { after } : {};
        const page = await answerOf(services.ingest.GET("/v1/projects", { params: { query } }));
        projects.push(...page.projects);
        after = page.next ?? null;
      }
      return projects;
    },
    ...REFRESHED,
  });
}

export function useProject(services: Services, project: string) {
  return useQuery({
    queryKey: ["project", project],
    queryFn: () =>
      answerOf(services.ingest.GET("/v1/projects/{project}", { params: { path: { project } } })),
    ...REFRESHED,
  });
}

/** The items by state; null before the first label or conflict. */
export function useSummary(services: Services, project: string) {
  const path = "/v1/projects/{project}/labels/summary";
  return useQuery({
    queryKey: ["summary", project],
    queryFn: () =>
      orNone(answerOf(services.datasetStore.GET(path, { params: { path: { project } } }))),
    ...REFRESHED,
  });
}

export function useQueues(services: Services, project: string): UseQueryResult<Queue[]> {
  return useQuery({
    queryKey: ["queues", project],
    queryFn: async () => {
      const queues = await answerOf(services.queue.GET("/v1/queues"));
      return queues.filter((queue) => queue.project === project);
    },
    ...REFRESHED,
  });
}

/** The submissions of the last hours; null before the first spec version. */
export function useActivity(services: Services, project: string, hours: number) {
  return useQuery({
    queryKey: ["activity", project, hours],
    queryFn: () =>
      orNone(
        answerOf(
          services.queue.GET("/v1/projects/{project}/activity", {
            params: { path: { project }, query: { hours } },
          }),
        ),
      ),
    ...REFRESHED,
  });
}

interface AgreementSelection {
  readonly by?: string;
  readonly field?: string;
  readonly spec_version?: number;
  readonly until?: string;
}

/** Read the agreement on the fields; empty before it was measured. */
export async function readAgreement(
  services: Services,
  project: string,
  query: AgreementSelection,
): Promise<readonly Agreement[]> {
  const path = "/v1/projects/{project}/agreement";
  const call = services.consensus.GET(path, { params: { path: { project }, query } });
  return (await orNone(answerOf(call)))?.agreement ?? [];
}

export function useAgreement(services: Services, project: string, by: string | null) {
  return useQuery({
    queryKey: ["agreement", project, by],
    queryFn: () => readAgreement(services, project, by ? { by } : {}),
    ...REFRESHED,
  });
}

/** The newest spec version of a project; null before the first. */
export function useSpec(services: Services, project: string, version: number | null | undefined) {
  const path = "/v1/projects/{project}/specs/{version}";
  return useQuery({
    queryKey: ["spec", project, version],
    queryFn: () =>
      answerOf(
        services.ingest.GET(path, { params: { path: { project, version: version as number } } }),
      ),
    enabled: typeof version === "number",
    staleTime: Number.POSITIVE_INFINITY,
  });
}

export function useAnnotators(services: Services, project: string) {
  return useQuery({
    queryKey: ["annotators", project],
    queryFn: async () => {
      const annotators = [];
      for (let after: string | null | undefined; after !== null; ) {
        const page = await annotatorPage(services, project, after);
        annotators.push(...(page?.annotators ?? []));
        after = page?.next ?? null;
      }
      return annotators;
    },
    ...REFRESHED,
  });
}

function annotatorPage(services: Services, project: string, after: string | undefined) {
  const query = { limit: 500, ...(after ? { after } : {}) };
  const path = "/v1/projects/{project}/annotators";
  return orNone(answerOf(services.quality.GET(path, { params: { path: { project }, query } })));
}

export function useModels(services: Services, project: string) {
  const path = "/v1/projects/{project}/models";
  return useQuery({
    queryKey: ["models", project],
    queryFn: async () => {
      const call = services.quality.GET(path, { params: { path: { project } } });
      return (await orNone(answerOf(call)))?.models ?? [];
    },
    ...REFRESHED,
  });
}
