/** Where the services are, as `/config.json` of the service that serves the page says. */

export type ServiceName = "ingest" | "queue" | "consensus" | "quality" | "dataset-store";

/** The OpenID provider where people sign in. */
export interface Login {
  readonly authority: string;
  readonly client_id: string;
  readonly title?: string;
  readonly scope: string;
  readonly prompt?: string;
  readonly resource?: string;
  readonly audience?: string;
  readonly roles_claim?: readonly string[];
  readonly projects_claim?: readonly string[];
}

export interface Config {
  /** Absolute addresses, without a slash at the end. */
  readonly services: Readonly<Partial<Record<ServiceName, string>>>;
  readonly login: Login | null;
}

/** Read the configuration. Addresses in it may be relative to the page. */
export async function loadConfig(): Promise<Config> {
  const response = await fetch("config.json", { cache: "no-cache" });
  if (!response.ok) {
    throw new Error(`config.json was answered with ${response.status}`);
  }
  const { services, login } = (await response.json()) as Config;
  const absolute = Object.entries(services).map(([name, address]) => [
    name,
    new URL(address, document.baseURI).href.replace(/\/$/, ""),
  ]);
  return { services: Object.fromEntries(absolute), login };
}
