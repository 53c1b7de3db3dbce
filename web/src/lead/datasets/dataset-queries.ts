/** Datasets and their versions, as the dataset-store has them. */

import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { answerOf } from "../../api/problem";
import type { Services } from "../../api/services";
import type { components } from "../../api/types/dataset_store";
import { orNone, REFRESH_MS } from "../queries";

type Schemas = components["schemas"];
export type Lineage = Schemas["Lineage"];
export type Manifest = Schemas["Manifest"];
export type Diff = Schemas["Diff"];

export interface Version {
  readonly dataset: string;
  readonly hash: string;
  readonly number: number;
  readonly records: number;
  readonly published_at: string;
  readonly tags: readonly string[];
}

const WAIT = { Prefer: "wait=30" };

/** The newest versions of all datasets that were made of this project. */
export function useVersions(services: Services, project: string) {
  return useQuery({
    queryKey: ["versions", project],
    queryFn: async () => {
      const { datasets } = await answerOf(services.datasetStore.GET("/v1/datasets"));
      const lists = await Promise.all(datasets.map(({ dataset }) => versionsOf(services, dataset)));
      return lists.flat().filter((version) => version.project === project);
    },
    refetchInterval: REFRESH_MS,
  });
}

async function versionsOf(services: Services, dataset: string) {
  const path = "/v1/datasets/{dataset}/versions";
  const page = await answerOf(services.datasetStore.GET(path, { params: { path: { dataset } } }));
  return page.versions.map((version) => ({ ...version, dataset }));
}

/** Publishes the labels of a project; the result is null while that still goes on. */
export function usePublish(services: Services, project: string) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: async (dataset: string) => {
      const answer = await answerOf(
        services.datasetStore.POST("/v1/datasets/{dataset}/versions", {
          params: { path: { dataset } },
          body: { project },
          headers: WAIT,
        }),
      );
      return "number" in answer ? answer : null;
    },
    onSettled: () => queries.invalidateQueries({ queryKey: ["versions", project] }),
  });
}

export function useManifest(services: Services, hash: string) {
  return useQuery({
    queryKey: ["manifest", hash],
    queryFn: () =>
      answerOf(services.datasetStore.GET("/v1/versions/{hash}", { params: { path: { hash } } })),
    staleTime: Number.POSITIVE_INFINITY,
  });
}

/** The first differences of two versions; no request while there is no earlier one. */
export function useDiff(services: Services, before: string, after: string) {
  const params = { path: { a: before, b: after }, query: { limit: 200 } };
  return useQuery({
    queryKey: ["diff", before, after],
    queryFn: () => answerOf(services.datasetStore.GET("/v1/versions/{a}/diff/{b}", { params })),
    enabled: before !== "",
    staleTime: Number.POSITIVE_INFINITY,
  });
}

/** The history of an item; null if the ledger has no such item. */
export function useLineage(services: Services, item: string) {
  const params = { path: { item_id: item } };
  return useQuery({
    queryKey: ["lineage", item],
    queryFn: () =>
      orNone(answerOf(services.datasetStore.GET("/v1/labels/{item_id}/lineage", { params }))),
    refetchInterval: REFRESH_MS,
  });
}

/** Return a file of a version, or its first bytes. */
export async function readFile(
  services: Services,
  hash: string,
  name: string,
  bytes?: number,
): Promise<Blob> {
  return answerOf(
    services.datasetStore.GET("/v1/versions/{hash}/files/{name}", {
      params: { path: { hash, name } },
      parseAs: "blob",
      ...(bytes ? { headers: { Range: `bytes=0-${bytes - 1}` } } : {}),
    }),
  ) as Promise<unknown> as Promise<Blob>;
}
