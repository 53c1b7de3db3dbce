/** Where in the room of the spec owner an address leads. */

import { addressOfRoom } from "../rooms";

/** The editor, opened because of an issue, at what is in question. */
export interface Revision {
  readonly issueId: string;
  readonly rule?: string;
  readonly field?: string;
}

export type Place =
  | { readonly kind: "editor"; readonly revision?: Revision }
  | { readonly kind: "issues" }
  | { readonly kind: "issue"; readonly issueId: string };

/** Read what an address says behind the project. */
export function placeOf(rest: string): Place {
  const [head, id, what, name] = rest.split("/").map(decodeURIComponent);
  if (head === "issues") {
    return id ? { kind: "issue", issueId: id } : { kind: "issues" };
  }
  if (head === "revise" && id) {
    const at = name && (what === "rule" || what === "field") ? { [what]: name } : {};
    return { kind: "editor", revision: { issueId: id, ...at } };
  }
  return { kind: "editor" };
}

export function issueAddress(project: string, issueId: string): string {
  return addressOfRoom("spec", project, `issues/${issueId}`);
}

export function issuesAddress(project: string): string {
  return addressOfRoom("spec", project, "issues");
}

export function editorAddress(project: string): string {
  return addressOfRoom("spec", project);
}

/** Return the address of the editor at the rule in question, or at the field if none is. */
export function reviseAddress(project: string, { issueId, rule, field }: Revision): string {
  const at = rule ? `/rule/${rule}` : field ? `/field/${field}` : "";
  return addressOfRoom("spec", project, `revise/${issueId}${at}`);
}
