import { expect, test } from "vitest";
import type { Services } from "../api/services";
import { Outbox } from "./outbox";
import type { BrowserStorage, Submission } from "./storage";

test("an answer that the browser cannot keep is sent all the same", async () => {
  const sent: string[] = [];
  const queue = {
    PUT: async (path: string) => {
      sent.push(path);
      return { data: { held_until: null }, response: new Response() };
    },
  };
  const storage = {
    putSubmission: () => Promise.reject(new DOMException("full", "QuotaExceededError")),
    deleteSubmission: () => Promise.resolve(),
  };
  const stored: string[] = [];
  const outbox = new Outbox(
    { queue } as unknown as Services,
    storage as unknown as BrowserStorage,
    "annotate",
    {
      stored: ({ leaseId }) => stored.push(leaseId),
      refused: () => undefined,
      waiting: () => undefined,
    },
  );
  const content = { label: {}, rules: [], note: null, active_ms: 1 };
  const submission = {
    leaseId: "a",
    owner: "o",
    givenAt: 0,
    task: {},
    body: { kind: "annotation", content },
  };

  await expect(outbox.add(submission as unknown as Submission)).rejects.toThrow("full");
  await expect.poll(() => stored).toEqual(["a"]);

  expect(sent).toEqual(["/v1/leases/{lease_id}/annotation"]);
});
