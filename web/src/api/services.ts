/** A typed client for each service, which carries the session's token. */

import createClient, { type Client } from "openapi-fetch";
import type { Config, ServiceName } from "./config";
import type { TokenSource } from "./token-source";
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
  /** Sends a request that none of the clients can make, with the token. */
  readonly send: (request: Request) => Promise<Response>;
}

/**
 * Make the clients. `onRefusedToken` is called when a service does not accept the token, with the
 * type of the problem.
 */
export function makeServices(
  config: Config,
  tokens: TokenSource,
  onRefusedToken: (type: string) => void,
): Services {
  async function send(request: Request): Promise<Response> {
    const body = await bodyOf(request);
    const attempt = (token: string) => fetch(withToken(request, body, token));
    const token = await tokens.current();
    const response = await attempt(token);
    const other = response.status === 401 ? await tokens.replace(token) : null;
    const last = other === null ? response : await attempt(other);
    if (last.status === 401) {
      const { type } = (await last.clone().json()) as { readonly type?: string };
      onRefusedToken((type ?? "").replace("urn:problem:", ""));
    }
    return last;
  }
  const addressOf = (service: ServiceName) => config.services[service] ?? "";
  function client<Paths extends object>(service: ServiceName): Client<Paths> {
    return createClient<Paths>({ baseUrl: addressOf(service), fetch: send });
  }
  return {
    ingest: client<IngestPaths>("ingest"),
    queue: client<QueuePaths>("queue"),
    consensus: client<ConsensusPaths>("consensus"),
    quality: client<QualityPaths>("quality"),
    datasetStore: client<DatasetStorePaths>("dataset-store"),
    addressOf,
    send,
  };
}

/** Return the body of a request, which a request itself gives only once. */
async function bodyOf(request: Request): Promise<string | Blob | null> {
  if (["GET", "HEAD"].includes(request.method)) {
    return null;
  }
  const isJson = request.headers.get("content-type")?.startsWith("application/json");
  return isJson ? request.text() : request.blob();
}

function withToken(
  { url, method, headers, signal }: Request,
  body: string | Blob | null,
  token: string,
): Request {
  const authorized = new Headers(headers);
  authorized.set("authorization", `Bearer ${token}`);
  return new Request(url, { method, headers: authorized, signal, body });
}
