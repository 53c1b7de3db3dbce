/** Reads the queue's stream of server-sent events, which tells an open page what changed. */

import type { Services } from "../api/services";

export interface News {
  readonly name: "state" | "spec" | "standing";
  readonly data: Readonly<Record<string, unknown>>;
}

const RECONNECT_MS = 3000;

/** Call `onNews` for each event until `signal` is aborted; connect again whenever the stream ends. */
export async function readNews(
  services: Services,
  token: string,
  signal: AbortSignal,
  onNews: (news: News) => void,
): Promise<void> {
  while (!signal.aborted) {
    try {
      await readStream(services, token, signal, onNews);
    } catch {
      // The stream only hastens what every answer of the queue says too: it is tried again.
    }
    await new Promise((resolve) => setTimeout(resolve, RECONNECT_MS));
  }
}

async function readStream(
  services: Services,
  token: string,
  signal: AbortSignal,
  onNews: (news: News) => void,
): Promise<void> {
  const headers = { authorization: `Bearer ${token}` };
  const address = `${services.addressOf("queue")}/v1/me/events`;
  const response = await fetch(address, { headers, signal });
  await services.noteAnswer(response);
  if (!response.ok || !response.body) {
    return;
  }
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  for (let read = await reader.read(); !read.done; read = await reader.read()) {
    const blocks = (text + read.value).split("\n\n");
    text = blocks.pop() ?? "";
    blocks.flatMap(parseEvent).forEach(onNews);
  }
}

/** Return the event in one block of the stream; nothing for a comment. */
export function parseEvent(block: string): News[] {
  const name = /^event: (.*)$/m.exec(block)?.[1];
  const data = /^data: (.*)$/m.exec(block)?.[1];
  return name && data ? [{ name: name as News["name"], data: JSON.parse(data) }] : [];
}
