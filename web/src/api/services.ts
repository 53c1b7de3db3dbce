/** A typed client for each service, which carries the session's token. */

import createClient, { type Client, type Middleware } from "openapi-fetch";
import type { Config, ServiceName } from "./config";
import type { paths as ConsensusPaths } from "./types/consensus";
import type { paths as DatasetStorePaths } from "./types/dataset_store";
import type { paths as IngestPaths } from "./types/ingest";
import type { paths as QualityPaths } from "./types/quality";
import type { paths as QueuePaths } from "./types/queue";

export interface Services {
  readonly ingest: Client<IngestPaths>;
  readonly queue: Client<QueuePaths>;
  readonly consensus: Client<ConsensusPaths>;
  readonly quality: Client<QualityPaths>;
  readonly datasetStore: Client<DatasetStorePaths>;
  /** The address of a service, for what is no JSON: event streams and files. */
  readonly addressOf: (service: ServiceName) => string;
  /** To be called with each answer to a request that no client above sent. */
  readonly noteAnswer: (response: Response) => Promise<void>;
}

/**
 * Make the clients. `onRefusedToken` is called when a service does not accept the token, with the
 * type of the problem.
 */
export function makeServices(
  config: Config,
  token: string,
  onRefusedToken: (type: string) => void,
): Services {
  async function noteAnswer(response: Response): Promise<void> {
    if (response.status === 401) {
      const { type } = (await response.clone().json()) as { readonly type?: string };
      onRefusedToken((type ?? "").replace("urn:problem:", ""));
    }
  }
  const middleware: Middleware = {
    onRequest: ({ request }) => {
      request.headers.set("authorization", `Bearer ${token}`);
      return request;
    },
    onResponse: ({ response }) => noteAnswer(response),
  };
  const addressOf = (service: ServiceName) => config.services[service] ?? "";
  function client<Paths extends object>(service: ServiceName): Client<Paths> {
    const made = createClient<Paths>({ baseUrl: addressOf(service) });
    made.use(middleware);
    return made;
  }
  return {
    ingest: client<IngestPaths>("ingest"),
    queue: client<QueuePaths>("queue"),
    consensus: client<ConsensusPaths>("consensus"),
    quality: client<QualityPaths>("quality"),
    datasetStore: client<DatasetStorePaths>("dataset-store"),
    addressOf,
    noteAnswer,
  };
}
