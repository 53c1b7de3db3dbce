/** The views of a project: one address and one entry of the navigation each. */

import { addressOfRoom } from "../rooms";

export const VIEWS = [
  { name: "overview", title: "Overview" },
  { name: "people", title: "People" },
  { name: "annotators", title: "Annotators" },
  { name: "agreement", title: "Agreement" },
  { name: "models", title: "Models" },
  { name: "datasets", title: "Datasets" },
] as const;

export type ViewName = (typeof VIEWS)[number]["name"];

export const FIRST_VIEW: ViewName = "overview";

/** Return the address of a view of a project; `rest` is what the view itself understands. */
export function addressOfView(project: string, view: string, rest = ""): string {
  return addressOfRoom("lead", project, rest ? `${view}/${rest}` : view);
}
