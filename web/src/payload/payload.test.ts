import { expect, test } from "vitest";
import { readTurns } from "./chat/turns";
import { classify } from "./payload";

test("each part of a payload is shown as what it is", () => {
  const kinds = classify({
    text: "# not Markdown",
    answer_md: "# Markdown",
    body_html: "<p>a",
    page: "<!DOCTYPE html><p>a",
    photo: "https://images.test/no-ending",
    scan: "data:image/png;base64,AAAA",
    voice: "/files/a.mp3?x=1",
    image: "no address",
    talk: [{ role: "user", content: "Hello" }],
    rows: [{ role: 1 }],
    count: 3,
  }).map(({ key, kind }) => [key, kind]);
  expect(kinds).toEqual([
    ["text", "text"],
    ["answer_md", "markdown"],
    ["body_html", "html"],
    ["page", "html"],
    ["photo", "image"],
    ["scan", "image"],
    ["voice", "audio"],
    ["image", "text"],
    ["talk", "chat"],
    ["rows", "json"],
    ["count", "json"],
  ]);
});

test("only the keys that the spec names are shown, in its order", () => {
  expect(classify({ a: 1, b: 2, c: 3 }, ["c", "x", "a"]).map(({ key }) => key)).toEqual(["c", "a"]);
});

test("turns have their texts, images, tool calls and results, in the shapes of several APIs", () => {
  const turns = readTurns({
    messages: [
      {
        role: "user",
        content: [
          { type: "text", text: "Look" },
          { type: "image_url", image_url: { url: "/a.png" } },
        ],
      },
      {
        role: "assistant",
        content: null,
        tool_calls: [{ function: { name: "find", arguments: '{"q":1}' } }],
      },
      { role: "tool", name: "find", content: '[{"n": 1}]' },
      { role: "assistant", content: [{ type: "tool_use", name: "stop", input: {} }] },
      { role: "user", content: [{ type: "tool_result", content: "done" }] },
    ],
  });
  expect(turns?.map(({ texts, images, calls, data }) => ({ texts, images, calls, data }))).toEqual([
    { texts: ["Look"], images: ["/a.png"], calls: [], data: [] },
    { texts: [], images: [], calls: [{ name: "find", input: { q: 1 } }], data: [] },
    { texts: [], images: [], calls: [], data: [[{ n: 1 }]] },
    { texts: [], images: [], calls: [{ name: "stop", input: {} }], data: [] },
    { texts: [], images: [], calls: [], data: ["done"] },
  ]);
  expect(readTurns([{ from: "human", value: "Hi" }])?.[0]?.texts).toEqual(["Hi"]);
  expect(readTurns([])).toBeUndefined();
});
