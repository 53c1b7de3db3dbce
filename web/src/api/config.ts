/** Where the services are, as `/config.json` of the service that serves the page says. */

export type ServiceName = "ingest" | "queue" | "consensus" | "quality" | "dataset-store";

export interface Config {
  /** Absolute addresses, without a slash at the end. */
  readonly services: Readonly<Partial<Record<ServiceName, string>>>;
  readonly login: Readonly<Record<string, string>> | null;
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
