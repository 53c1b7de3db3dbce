import fc from "fast-check";
import { expect, test } from "vitest";
import { CodePoints } from "../code-points";
import { sentenceAt, wholeCharacters, wordAt } from "./boundaries";
import { chunksOf, lanesOf, type Mark, marksByChunk, segmentsOf } from "./layout";
import { addSpan, makeSpan, relabel, removeSpan, type Span, spanAt } from "./spans-value";

const field = { name: "names", kind: "spans" } as const;
const FAMILY = "👩‍👩‍👧";
const TEXT = `Dear Zoe\u0308! The ${FAMILY} lives in Bath. It rains.`;
const cut = (text: string, passage: { start: number; end: number } | undefined) =>
  passage && text.slice(passage.start, passage.end);

/** Texts of lines, and passages in it. */
const passages = fc
  .tuple(
    fc.string({ unit: fc.constantFrom("a", " ", "\n", "😀", "e\u0308", "."), maxLength: 200 }),
    fc.array(fc.tuple(fc.nat(200), fc.nat(40)), { maxLength: 12 }),
  )
  .map(([text, places]) => ({
    text,
    passages: places
      .map(([start, length]) => ({
        start: Math.min(start, text.length),
        end: Math.min(start + length, text.length),
      }))
      .filter(({ start, end }) => end > start)
      .sort((a, b) => a.start - b.start || a.end - b.end),
  }));

test("a span counts code points and carries the text that stands there", () => {
  fc.assert(
    fc.property(passages, ({ text, passages }) => {
      const points = new CodePoints(text);
      for (const passage of passages) {
        const span = makeSpan(text, points, wholeCharacters(text, passage), undefined);
        if (!span) continue;
        expect([...text].slice(span.start, span.end).join("")).toBe(span.quote);
        expect(span.quote).toBe(span.quote.trim());
      }
    }),
  );
});

test("a selection is widened to whole characters: emoji of several parts, letters with accents", () => {
  const inside = TEXT.indexOf(FAMILY) + 3;
  expect(cut(TEXT, wholeCharacters(TEXT, { start: inside, end: inside + 1 }))).toBe(FAMILY);
  const e = TEXT.indexOf("e\u0308");
  expect(cut(TEXT, wholeCharacters(TEXT, { start: e, end: e + 1 }))).toBe("e\u0308");
});

test("a word and a sentence are found around a place", () => {
  expect(cut(TEXT, wordAt(TEXT, 6))).toBe("Zoe\u0308");
  expect(cut(TEXT, wordAt(TEXT, 4))).toBe("Dear");
  expect(wordAt("a  b", 2)).toBeUndefined();
  expect(cut(TEXT, sentenceAt(TEXT, TEXT.indexOf("lives")))?.trim()).toBe(
    `The ${FAMILY} lives in Bath.`,
  );
  expect(cut("One line\nAnother", sentenceAt("One line\nAnother", 2))?.trim()).toBe("One line");
});

test("boundaries are found in a line of a million characters without reading all of it", () => {
  const text = "word ".repeat(200_000);
  const started = performance.now();
  for (let n = 0; n < 100; n++) wordAt(text, n * 5000);
  expect(performance.now() - started).toBeLessThan(1000);
  expect(cut(text, wordAt(text, 500_001))).toBe("word");
});

test("chunks and their segments are the text, and each segment has the marks over it", () => {
  fc.assert(
    fc.property(passages, ({ text, passages }) => {
      const chunks = chunksOf(text);
      expect(chunks.map((chunk) => cut(text, chunk)).join("")).toBe(text);
      const lanes = lanesOf(passages);
      const marks: Mark[] = passages.map((one, place) => ({
        ...one,
        place,
        lane: lanes[place] ?? 0,
        label: undefined,
      }));
      const byChunk = marksByChunk(chunks, marks);
      const segments = chunks.flatMap((chunk, n) => segmentsOf(chunk, byChunk[n] ?? []));
      expect(segments.map((segment) => cut(text, segment)).join("")).toBe(text);
      for (const { start, marks: over } of segments) {
        const expected = marks.filter((mark) => mark.start <= start && mark.end > start);
        expect(over.map(({ place }) => place).sort()).toEqual(
          expected.map(({ place }) => place).sort(),
        );
        expect(new Set(over.map(({ lane }) => lane)).size).toBe(over.length);
      }
    }),
  );
});

test("long texts are cut into chunks of lines, and lines without an end at white space", () => {
  const lines = chunksOf("A line of the text.\n".repeat(5000));
  expect(lines.every(({ start, end }) => end - start < 2000)).toBe(true);
  const line = "word ".repeat(10_000);
  expect(chunksOf(line).every(({ end }) => line[end - 1] === " ")).toBe(true);
});

test("spans stay in the order of the text, and no span is there twice", () => {
  const late = { start: 5, end: 8, quote: "abc" };
  const early = { start: 1, end: 3, quote: "xy" };
  const both = addSpan(field, [late], early).spans;
  expect(both).toEqual([early, late]);
  expect(addSpan(field, both, { ...late }).spans).toBe(both);
});

test("a field that forbids overlaps or more spans refuses them with a reason", () => {
  const one = { start: 1, end: 5, quote: "abcd" };
  const over = { start: 4, end: 6, quote: "de" };
  expect(addSpan({ ...field, overlapping: false }, [one], over)).toEqual({
    spans: [one],
    message: "Marks must not overlap here: remove the other one first.",
  });
  expect(addSpan({ ...field, max_items: 1 }, [one], over).message).toContain("No more than 1");
  expect(addSpan(field, [one], over).spans).toHaveLength(2);
});

test("a span is labeled anew and removed by its place", () => {
  const spans: Span[] = [
    { start: 0, end: 1, quote: "a", label: "X" },
    { start: 0, end: 1, quote: "a", label: "Y" },
  ];
  expect(relabel(field, spans, 0, "Z").spans[0]?.label).toBe("Z");
  expect(relabel(field, spans, 0, "Y").spans).toBe(spans);
  expect(removeSpan(field, spans, spans[1] as Span).spans).toEqual([spans[0]]);
});

test("the span at the cursor is the shortest around it, else the one that ends there", () => {
  const spans = [
    { start: 0, end: 9, quote: "" },
    { start: 2, end: 5, quote: "" },
    { start: 5, end: 6, quote: "" },
  ];
  expect([3, 5, 6, 9, 12].map((point) => spanAt(spans, point))).toEqual([1, 2, 0, 0, -1]);
});
