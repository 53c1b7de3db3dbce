import { expect, it } from "vitest";
import { readOptions } from "./options";

it("gives options without a key of their own the next free one, digits first", () => {
  const options = readOptions(["a", { value: "b", key: "1" }, { value: "c", title: "See" }]);

  expect(options).toEqual([
    { value: "a", title: "a", key: "2" },
    { value: "b", title: "b", key: "1" },
    { value: "c", title: "See", key: "3" },
  ]);
});

it("never gives an option a letter that a command has", () => {
  const keys = readOptions(Array.from({ length: 60 }, (_, index) => `${index}`)).map((o) => o.key);

  expect(keys.filter((key) => "sgcph".includes(key) && key)).toEqual([]);
  expect(new Set(keys.filter(Boolean)).size).toBe(keys.filter(Boolean).length);
});

it("shows options in the order that the task asks for", () => {
  expect(readOptions(["a", "b"], ["b", "a"]).map((one) => one.value)).toEqual(["b", "a"]);
});
