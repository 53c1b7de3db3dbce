import { expect, test } from "vitest";
import { readOptions } from "./options";
import { makeSearch, pathOf } from "./search";

const search = makeSearch(
  readOptions([
    "Tools > Saw",
    "Pets > Cat food",
    "Food > Café au lait",
    "Food > Cat",
    "Toys > Scat",
  ]),
);
const found = (query: string) => search(query).map(({ value }) => value);

test("all words must occur, in any order and without regard to case and accents", () => {
  expect(found("LAIT cafe")).toEqual(["Food > Café au lait"]);
  expect(found("cat saw")).toEqual([]);
});

test("names that begin with the query come first, then beginnings of words, then all others", () => {
  expect(found("cat")).toEqual(["Pets > Cat food", "Food > Cat", "Toys > Scat"]);
  expect(found("food")).toEqual(["Pets > Cat food", "Food > Café au lait", "Food > Cat"]);
});

test("an empty query finds everything in the order of the options", () => {
  expect(found("  ")).toHaveLength(5);
});

test("a title that is a path has parents and a name", () => {
  expect(pathOf("Animals > Mammals > Cat")).toEqual({ parents: "Animals › Mammals", name: "Cat" });
  expect(pathOf("km/h")).toEqual({ parents: "", name: "km/h" });
});
