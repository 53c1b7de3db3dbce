/** Where in the editor a problem of the server's check belongs. */

export interface SpecProblem {
  /** JSON pointer into the document. */
  readonly pointer: string;
  readonly message: string;
  readonly hint?: string | null;
}

export type Tab = "fields" | "rules" | "policy" | "json" | "publish";

/** Return the tab on which the place of a pointer is edited. */
export function tabOf(pointer: string): Tab {
  const [, part = ""] = pointer.split("/");
  if (part === "guidelines") {
    return "rules";
  }
  if (part === "fields" || part === "task_type") {
    return "fields";
  }
  return part === "policy" ? "policy" : "json";
}

/** Return the problems at a place and below it. */
export function problemsAt(problems: readonly SpecProblem[], place: string): SpecProblem[] {
  return problems.filter(({ pointer }) => pointer === place || pointer.startsWith(`${place}/`));
}

/** Return the id of the element in which the place of a pointer is edited. */
export function elementId(pointer: string): string {
  return `at${pointer.replaceAll("/", "-")}`;
}

/** Return the pointers at which a problem can be shown, the nearest first: itself, then all above. */
export function placesOf(pointer: string): string[] {
  const parts = pointer.split("/");
  return parts.map((_, count) => parts.slice(0, parts.length - count).join("/"));
}
