/** Return the names in a text, one on each line, without repetitions. */
export function namesIn(text: string): readonly string[] {
  const names = text.split("\n").map((line) => line.trim());
  return [...new Set(names.filter((name) => name !== ""))];
}
