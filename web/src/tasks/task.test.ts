import { describe, expect, it } from "vitest";
import type { FieldDefinition } from "../widgets/widget";
import { ActiveClock } from "./active-clock";
import { parseEvent } from "./news";
import { rulesOf } from "./rules-of";
import { askedFields, fitDraft, itemKey, type Lease, labelToSend, readDraft } from "./task";

const fields: FieldDefinition[] = [
  { name: "mood", kind: "choice", options: ["calm", "angry"] },
  { name: "why", kind: "text", required_if: { field: "mood", in: ["angry"] } },
  { name: "how", kind: "text", required_if: { field: "why", in: ["x"] } },
];

describe("fields with a condition", () => {
  it("are asked while the condition holds, and not if the field it names is not asked", () => {
    expect(askedFields(fields, { mood: "calm", why: "x" }).map((f) => f.name)).toEqual(["mood"]);
    expect(askedFields(fields, { mood: "angry", why: "x" })).toHaveLength(3);
  });

  it("leave the label that is sent when they are not asked", () => {
    expect(labelToSend(fields, { mood: "calm", why: "x" })).toEqual({ mood: "calm" });
    expect(labelToSend(fields, { mood: "angry", why: "" })).toEqual({ mood: "angry" });
  });
});

describe("a draft", () => {
  const check = { check: () => [], fits: (_: string, value: unknown) => value !== "old" };
  const stored = { label: { mood: "old", why: "x" }, rules: ["R1", "R9"], note: "n", saved_at: 1 };

  it("keeps unfinished answers under its own version, and only what fits under another", () => {
    const same = fitDraft({ ...stored, spec_version: 2 }, 2, check, ["R1"]);
    const next = fitDraft({ ...stored, spec_version: 1 }, 2, check, ["R1"]);

    expect(same.draft).toEqual({ label: stored.label, rules: ["R1"], note: "n" });
    expect(next).toEqual({
      draft: { label: { why: "x" }, rules: ["R1"], note: "n" },
      dropped: ["mood"],
    });
  });

  it("of another client is read as a label, and anything else is ignored", () => {
    expect(readDraft({ mood: "calm" })?.label).toEqual({ mood: "calm" });
    expect([readDraft(null), readDraft("x"), readDraft([1])]).toEqual([null, null, null]);
  });

  it("belongs to an item, whatever its lease", () => {
    const lease = { project: "p", payload: { text: "a" } } as unknown as Lease;

    expect(itemKey({ ...lease, lease_id: "1" })).toBe(itemKey({ ...lease, lease_id: "2" }));
    expect(itemKey(lease)).not.toBe(itemKey({ ...lease, payload: { text: "b" } }));
  });
});

it("counts the time between deeds, but no more than half a minute of silence", () => {
  const clock = new ActiveClock();
  clock.restart(0);
  clock.note(4_000);
  clock.note(600_000);
  clock.pause(601_000);

  expect(clock.total(900_000)).toBe(4_000 + 30_000 + 1_000);
});

it("reads the events of the queue and leaves its comments out", () => {
  expect(parseEvent('event: spec\ndata: {"project":"moods","version":4}')).toEqual([
    { name: "spec", data: { project: "moods", version: 4 } },
  ]);
  expect(parseEvent(": still here")).toEqual([]);
});

describe("the rules of a field", () => {
  const rules = [
    { id: "R1", text: "About nothing." },
    { id: "R2", text: "The mood is the singer's." },
    { id: "R11", text: "Mooded words." },
  ];
  const [mood, why] = fields as [FieldDefinition, FieldDefinition];

  it("are those that its help names and those that name it", () => {
    expect(rulesOf({ ...mood, help: "See R1." }, rules).map((one) => one.id)).toEqual(["R1", "R2"]);
  });

  it("are all if none is named", () => {
    expect(rulesOf(why, rules)).toEqual(rules);
  });
});
