import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { namesRule } from "../tasks/rules-of";
import { confusionMatrix } from "./confusion-matrix";
import { documentDiff } from "./diff";
import { EMPTY_DOCUMENT, formatDocument, parseDocument, type SpecDocument } from "./document";
import { isChanged, reduce, restore, startFrom, textOf } from "./editor-state";
import * as edits from "./edits";
import { mergeDocuments } from "./merge";
import { makeOption, optionsToText, textToOptions } from "./option-text";
import { editorAddress, issueAddress, issuesAddress, placeOf, reviseAddress } from "./place";
import { applyPreset, PRESETS, presetOf } from "./presets";
import { placesOf, tabOf } from "./problems";
import { textDiff } from "./text-diff";
import { trimmed } from "./trim";

const name = fc.stringMatching(/^[a-z][a-z0-9_]{0,8}$/);
const kind = fc.constantFrom(...edits.KINDS);
const documents: fc.Arbitrary<SpecDocument> = fc
  .record({
    kinds: fc.array(kind, { minLength: 1, maxLength: 5 }),
    texts: fc.array(fc.string({ minLength: 1 }), { maxLength: 4 }),
    redundancy: fc.integer({ min: 1, max: 5 }),
    task_type: fc.string(),
  })
  .map(({ kinds, texts, redundancy, task_type }) => {
    const withFields = kinds.reduce(edits.addField, EMPTY_DOCUMENT);
    const withRules = texts.reduce((document) => edits.addRule(document), withFields);
    const guidelines = withRules.guidelines.map((rule, at) => ({ ...rule, text: texts[at] ?? "" }));
    return { ...withRules, guidelines, policy: { redundancy }, task_type };
  });
const DEFAULTS = {
  redundancy: 3,
  redundancy_max: 5,
  decide: { how: "unanimous", threshold: 0.9 },
} as const;

describe("a document", () => {
  it("is the same after it was written as text and read again", () => {
    fc.assert(
      fc.property(documents, (document) => {
        expect(parseDocument(formatDocument(document))).toEqual({ document });
      }),
    );
  });

  it("keeps keys that the forms do not know, for the server to say", () => {
    const text =
      '{"task_type": "a", "fields": [{"name": "f", "kind": "sound", "loud": 3}], "extra": 1}';
    const parsed = parseDocument(text);
    expect(parsed).toMatchObject({ document: { extra: 1, fields: [{ loud: 3 }], policy: {} } });
  });

  it.each([
    ['{"fields": [}', /This is not JSON yet/],
    ["[]", /is an object/],
    ['{"fields": [{"name": 3, "kind": "choice"}]}', /each with a “name” and a “kind”/],
    ['{"fields": [{"name": "a", "kind": "choice", "options": [3]}]}', /each with a “name”/],
    ['{"guidelines": [{"id": "R1"}]}', /each with an “id” and a “text”/],
    ['{"guidelines": [{"id": "R1", "text": "", "examples": [1]}]}', /each with an “id”/],
    ['{"policy": []}', /“policy” must be an object/],
  ])("that the forms cannot show is refused in a sentence: %s", (text, sentence) => {
    expect(parseDocument(text)).toEqual({ fault: expect.stringMatching(sentence) });
  });
});

describe("an edit", () => {
  it("and its opposite leave the document as it was", () => {
    fc.assert(
      fc.property(documents, kind, fc.nat(), (document, added, at) => {
        const last = document.fields.length;
        expect(edits.removeField(edits.addField(document, added), last)).toEqual(document);
        const index = at % last;
        const there = edits.moved(document.fields, index, 1);
        const back = there === document.fields ? there : edits.moved(there, index + 1, -1);
        expect(back).toEqual(document.fields);
      }),
    );
  });

  it("of a name is followed by conditions and by the policy", () => {
    fc.assert(
      fc.property(name, (next) => {
        const document = {
          ...EMPTY_DOCUMENT,
          fields: [
            { name: "Mood", kind: "choice", options: ["calm", "angry"] },
            { name: "Why", kind: "text", required_if: { field: "Mood", in: ["angry"] } },
          ],
          policy: {
            decide_fields: { Mood: { how: "share" } },
            agreement: { metric_fields: { Mood: "nominal" } },
          },
        } as unknown as SpecDocument;
        const [mood] = document.fields;
        const changed = edits.changeField(document, 0, { ...mood, name: next } as typeof mood & {});
        expect(changed.fields[1]?.required_if?.field).toBe(next);
        expect(changed.policy.decide_fields).toEqual({ [next]: { how: "share" } });
        expect(changed.policy.agreement?.metric_fields).toEqual({ [next]: "nominal" });
        const gone = edits.removeField(changed, 0);
        expect(gone.policy).toEqual({ decide_fields: {}, agreement: { metric_fields: {} } });
      }),
    );
  });

  it("of an option's value is followed by conditions", () => {
    const document = {
      ...EMPTY_DOCUMENT,
      fields: [
        { name: "mood", kind: "choice", options: ["calm", "angry"] },
        { name: "why", kind: "text", required_if: { field: "mood", in: ["angry"] } },
      ],
    } as unknown as SpecDocument;
    const next = { ...document.fields[0], options: ["calm", { value: "furious" }] };
    const changed = edits.changeField(document, 0, next as SpecDocument["fields"][number]);
    expect(changed.fields[1]?.required_if?.in).toEqual(["furious"]);
  });

  it("of a kind keeps what both kinds know, and gives options to kinds that need some", () => {
    fc.assert(
      fc.property(kind, kind, (from, to) => {
        const [field] = edits.addField(EMPTY_DOCUMENT, from).fields;
        const changed = edits.changeKind({ ...field, title: "T" } as typeof field & {}, to, []);
        expect(changed).toMatchObject({ kind: to, title: "T", name: "field" });
        const least = { choice: 1, choices: 1, ranking: 2, pairwise: 2 }[to as string] ?? 0;
        expect(edits.optionsOf(changed).length).toBeGreaterThanOrEqual(least);
        expect(new Set(edits.optionsOf(changed)).size).toBe(edits.optionsOf(changed).length);
      }),
    );
  });

  it("lets a rule govern a field and no longer, and keeps what people wrote", () => {
    const text = fc.stringMatching(/^([a-z]+ )*[a-z]+\.$/);
    fc.assert(
      fc.property(text, fc.nat({ max: 20 }), (help, number) => {
        const rule = { id: `R${number}`, text: "" };
        const field = { name: "f", kind: "text", help } as const;
        const governed = edits.setGoverned(field, rule, true);
        expect(namesRule(governed, rule)).toBe(true);
        expect(edits.setGoverned(governed, rule, false)).toEqual(field);
      }),
    );
  });
});

describe("the difference of two documents", () => {
  it("is empty for equal ones, and for a policy that only says its defaults", () => {
    fc.assert(
      fc.property(documents, (document) => {
        expect(documentDiff(document, document, DEFAULTS)).toEqual([]);
        const said = { ...document, policy: { ...DEFAULTS, ...document.policy } };
        expect(documentDiff(document, said, DEFAULTS)).toEqual([]);
      }),
    );
  });

  it("names what was added on the way there as removed on the way back", () => {
    fc.assert(
      fc.property(documents, documents, (first, second) => {
        const opposite = { added: "removed", removed: "added", changed: "changed", moved: "moved" };
        const sorted = (changes: ReturnType<typeof documentDiff>, turned: boolean) =>
          changes
            .map((one) => `${one.area} ${one.name} ${turned ? opposite[one.kind] : one.kind}`)
            .toSorted();
        expect(sorted(documentDiff(first, second, DEFAULTS), true)).toEqual(
          sorted(documentDiff(second, first, DEFAULTS), false),
        );
      }),
    );
  });

  it("names options, examples and settings one by one", () => {
    const before = {
      ...EMPTY_DOCUMENT,
      fields: [{ name: "mood", kind: "choice", options: ["calm", "angry"] }],
      guidelines: [{ id: "R1", text: "Judge the music.", examples: ["a"] }],
    } as unknown as SpecDocument;
    const after = {
      ...before,
      fields: [
        {
          name: "mood",
          kind: "choice",
          options: ["angry", { value: "calm", title: "Calm!" }, "sad"],
          other: true,
        },
      ],
      guidelines: [{ id: "R1", text: "Judge the words.", examples: ["b"] }],
      policy: { decide: { how: "share" } },
    } as unknown as SpecDocument;
    expect(documentDiff(before, after, DEFAULTS)).toEqual([
      {
        area: "field",
        kind: "changed",
        name: "mood",
        details: [
          { what: "Other", before: undefined, after: true },
          { what: "Option “calm”: Title", before: "calm", after: "Calm!" },
          { what: "Option", before: undefined, after: "sad" },
          { what: "Order of the options", before: "calm, angry", after: "angry, calm" },
        ],
      },
      {
        area: "rule",
        kind: "changed",
        name: "R1",
        details: [
          { what: "Text", before: "Judge the music.", after: "Judge the words." },
          { what: "Example", before: "a", after: undefined },
          { what: "Example", before: undefined, after: "b" },
        ],
      },
      {
        area: "policy",
        kind: "changed",
        name: "",
        details: [{ what: "decide.how", before: "unanimous", after: "share" }],
      },
    ]);
  });
});

describe("a draft that meets a version which somebody else has published", () => {
  it("takes their changes if it has none, and keeps its own if they have none", () => {
    fc.assert(
      fc.property(documents, documents, (base, other) => {
        expect(mergeDocuments(base, base, other)).toEqual({ document: other, conflicts: [] });
        expect(mergeDocuments(base, other, base)).toEqual({ document: other, conflicts: [] });
      }),
    );
  });

  it("has both changes where they are apart, and its own where they are not, which is said", () => {
    const base = edits.addRule(edits.addRule(EMPTY_DOCUMENT));
    const rule = (document: SpecDocument, at: number, text: string) => ({
      ...document,
      guidelines: document.guidelines.map((one, n) => (n === at ? { ...one, text } : one)),
    });
    const mine = rule(rule(base, 0, "mine"), 1, "mine too");
    const theirs = { ...rule(base, 1, "theirs"), policy: { redundancy: 2 } };
    const { document, conflicts } = mergeDocuments(base, mine, theirs);
    expect(document.guidelines.map((one) => one.text)).toEqual(["mine", "mine too"]);
    expect(document.policy).toEqual({ redundancy: 2 });
    expect(conflicts).toEqual(["the rule R2"]);
  });
});

describe("presets and problems", () => {
  it.each(PRESETS)("$title is recognised after it was applied, whatever else is set", (preset) => {
    const policy = applyPreset({ blind_share: 0.3, redundancy: 7 }, preset);
    expect(presetOf(policy, DEFAULTS)).toBe(preset);
    expect(policy.blind_share).toBe(0.3);
    expect(presetOf({ ...policy, redundancy: 77 }, DEFAULTS)).toBeUndefined();
  });

  it("a pointer leads to its tab, and to the nearest place that is shown", () => {
    expect(["/fields/0/name", "/guidelines/2", "/policy/decide", ""].map(tabOf)).toEqual([
      "fields",
      "rules",
      "policy",
      "json",
    ]);
    expect(placesOf("/fields/0/options")).toEqual([
      "/fields/0/options",
      "/fields/0",
      "/fields",
      "",
    ]);
  });
});

describe("options as lines of text", () => {
  it("are the same after they were written and read again", () => {
    const cell = fc
      .stringMatching(/^[^\s|]([^|\n\r]*[^\s|])?$/)
      .filter((text) => text.trim() === text);
    const option = fc
      .tuple(
        cell,
        fc.option(cell, { nil: "" }),
        fc.option(fc.stringMatching(/^[a-z1-9]$/), { nil: "" }),
      )
      .map(([value, title, key]) => makeOption(value, title, key));
    fc.assert(
      fc.property(fc.array(option), (options) => {
        expect(textToOptions(optionsToText(options) ?? "")).toEqual(options);
      }),
    );
  });

  it("are not offered where an option has the separator in it", () => {
    expect(optionsToText(["a|b"])).toBeUndefined();
  });
});

describe("the editor", () => {
  const base = { version: 3, document: edits.addRule(EMPTY_DOCUMENT) };

  it("shows in the forms what is typed as JSON, and as JSON what is changed in the forms", () => {
    fc.assert(
      fc.property(documents, documents, (typed, edited) => {
        const text = formatDocument(typed);
        const afterTyping = reduce(startFrom(base), { type: "type", text });
        expect([afterTyping.document, textOf(afterTyping)]).toEqual([typed, text]);
        const afterEdit = reduce(afterTyping, { type: "edit", document: edited });
        expect(parseDocument(textOf(afterEdit))).toEqual({ document: edited });
      }),
    );
  });

  it("keeps text that cannot be read yet, also over a reload", () => {
    const state = reduce(startFrom(base), { type: "type", text: "{" });
    const stored = { ...state, savedAt: 0 };
    expect([state.document, state.text, isChanged(state)]).toEqual([base.document, "{", true]);
    expect(restore(stored)).toEqual(state);
  });

  it("carries a draft over to a newer version, and follows it without one", () => {
    const newer = { version: 4, document: edits.addField(base.document, "text") };
    const mine = reduce(startFrom(base), { type: "edit", document: edits.addRule(base.document) });
    const carried = reduce(mine, { type: "rebase", base: newer });
    expect(carried.base).toBe(newer);
    expect([carried.document.fields.length, carried.document.guidelines.length]).toEqual([1, 2]);
    expect(isChanged(reduce(startFrom(base), { type: "follow", base: newer }))).toBe(false);
  });
});

describe("a published document", () => {
  it("is shown without what the defaults say, and means the same", () => {
    fc.assert(
      fc.property(documents, (document) => {
        const stored = {
          ...document,
          guidelines: document.guidelines.map((rule) => ({ ...rule, examples: [] })),
          policy: { ...DEFAULTS, sla_hours: null, ...document.policy },
        };
        const short = trimmed(stored, DEFAULTS);
        expect(documentDiff(stored, short, DEFAULTS)).toEqual([]);
        expect(short.policy).toEqual(document.policy.redundancy === 3 ? {} : document.policy);
        expect(short.guidelines).toEqual(document.guidelines);
      }),
    );
  });

  it("keeps a setting of a single field that is no more than the default", () => {
    const policy = { decide_fields: { mood: { how: "unanimous", threshold: 0.9 } } } as const;
    const short = trimmed({ ...EMPTY_DOCUMENT, policy }, { ...DEFAULTS, decide_fields: {} });
    expect(short.policy).toEqual(policy);
  });
});

describe("the confusion matrix", () => {
  it("is symmetric, in the order of the options, and names the pairs it has no room for", () => {
    const confusions = [
      { first: "a", second: "b", items: 5 },
      { first: "c", second: "b", items: 2 },
      { first: "c", second: "d", items: 1 },
    ];
    expect(confusionMatrix(confusions, ["b", "a", "c", "d"], 3)).toEqual({
      answers: ["b", "a", "c"],
      cells: [
        [null, 5, 2],
        [5, null, 0],
        [2, 0, null],
      ],
      largest: 5,
      rest: [{ first: "c", second: "d", items: 1 }],
    });
  });
});

describe("an address in the room", () => {
  it("leads to the place it was made for", () => {
    const rest = (address: string) => address.replace("#/spec/p/", "").replace("#/spec/p", "");
    const revision = { issueId: "i-1", rule: "R2.1" };
    expect(placeOf(rest(reviseAddress("p", revision)))).toEqual({ kind: "editor", revision });
    expect(placeOf(rest(issueAddress("p", "i-1")))).toEqual({ kind: "issue", issueId: "i-1" });
    expect(placeOf(rest(issuesAddress("p")))).toEqual({ kind: "issues" });
    expect(placeOf(rest(editorAddress("p")))).toEqual({ kind: "editor" });
  });
});

describe("two texts written as one", () => {
  const text = fc
    .array(fc.constantFrom("a", "fault", "is", "*", "question", " ", ".", "🙂"))
    .map((words) => words.join(" "));

  it("give each of them back: without what has come, and without what is gone", () => {
    fc.assert(
      fc.property(text, text, (before, after) => {
        const parts = textDiff(before, after) ?? [];
        const without = (kind: string) =>
          parts
            .filter((part) => part.kind !== kind)
            .map((part) => part.text)
            .join("");
        expect([without("come"), without("gone")]).toEqual([before, after]);
      }),
    );
  });
});
