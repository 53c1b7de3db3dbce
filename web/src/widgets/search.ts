/** Search among the options of a taxonomy, whose titles may be paths: `Animals > Mammals > Cat`. */

import type { Option } from "./options";

const SEPARATOR = / > | › | \/ /;

/** The parts of a title that is a path; the last one is the option's own name. */
export function pathOf(title: string): { readonly parents: string; readonly name: string } {
  const parts = title.split(SEPARATOR);
  return { parents: parts.slice(0, -1).join(" › "), name: parts.at(-1) ?? title };
}

export type Search = (query: string) => readonly Option[];

/**
 * Return the search among `options`: all words of a query must occur in the title, in any order and
 * without regard to case and accents. Names that begin with the query come first, then titles in
 * which every word begins one of their words, then all others, each in the order of the options.
 */
export function makeSearch(options: readonly Option[]): Search {
  const entries = options.map((option) => {
    const title = fold(option.title);
    return {
      option,
      title,
      name: fold(pathOf(option.title).name),
      words: title.split(/[^\p{L}\p{N}]+/u),
    };
  });
  return (query) => {
    const wanted = fold(query).trim();
    const words = wanted.split(/\s+/);
    if (!wanted) return options;
    const found = entries.filter(({ title }) => words.every((word) => title.includes(word)));
    const rank = ({ name, words: own }: (typeof entries)[number]) => {
      if (name.startsWith(wanted)) return 0;
      return words.every((word) => own.some((one) => one.startsWith(word))) ? 1 : 2;
    };
    return found.toSorted((a, b) => rank(a) - rank(b)).map(({ option }) => option);
  };
}

function fold(text: string): string {
  return text.normalize("NFD").replaceAll(/\p{M}/gu, "").toLowerCase();
}
