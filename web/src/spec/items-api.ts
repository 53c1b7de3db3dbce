/** The items of a project with what they say, from ingest. */

import { answerOf } from "../api/problem";
import type { Services } from "../api/services";
import type { components } from "../api/types/ingest";
import type { Payload } from "../widgets/widget";
import type { SampleItem } from "./preview-pane";

type ItemContent = components["schemas"]["ItemContent"];

export interface Item {
  readonly externalId: string | null;
  readonly payload: Payload;
}

const SAMPLES = 20;
const TITLE_CHARACTERS = 60;

export async function loadItem(services: Services, project: string, itemId: string): Promise<Item> {
  const params = { path: { project, item_id: itemId } };
  const call = services.ingest.GET("/v1/projects/{project}/items/{item_id}/content", { params });
  return withPayload(services, await answerOf(call));
}

/** Return an item with its payload, which is fetched apart if it is large. */
async function withPayload(services: Services, item: ItemContent): Promise<Item> {
  const params = { path: { sha256: item.payload_sha256 } };
  const payload =
    item.payload ??
    (await answerOf(services.ingest.GET("/v1/blobs/{sha256}", { params, parseAs: "json" })));
  return { externalId: item.external_id, payload: payload as Payload };
}

/** Return the first items of a project, to try a draft with. */
export async function sampleItems(services: Services, project: string): Promise<SampleItem[]> {
  const params = { path: { project }, query: { limit: SAMPLES } };
  const call = services.ingest.GET("/v1/projects/{project}/items", { params });
  const { items } = await answerOf(call);
  return Promise.all(
    items.map(async ({ item_id: id }) => {
      const { externalId, payload } = await loadItem(services, project, id);
      return { id, title: externalId ?? titleOf(payload), payload };
    }),
  );
}

function titleOf(payload: Payload): string {
  const [text] = Object.values(payload).filter((value) => typeof value === "string");
  return (text ?? JSON.stringify(payload)).slice(0, TITLE_CHARACTERS);
}
