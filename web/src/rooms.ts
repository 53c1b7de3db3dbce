/** The rooms of the page: one folder, one address and one entry here for each kind of work. */

import { type ComponentType, type LazyExoticComponent, lazy } from "react";
import type { Services } from "./api/services";
import type { Session } from "./api/session";

export interface RoomProps {
  readonly services: Services;
  readonly session: Session;
  /** The project in the address; undefined if the address names none. */
  readonly project: string | undefined;
  /** What the address says behind the project, without slashes at its ends: "" if nothing. */
  readonly rest: string;
  readonly onSignOut: () => void;
}

export interface Room {
  /** Its folder, and the first part of its address: `#/<name>/<project>/<rest>`. */
  readonly name: string;
  readonly title: string;
  /** The roles that work in it. */
  readonly roles: readonly string[];
  readonly Screen: LazyExoticComponent<ComponentType<RoomProps>>;
}

/** In the order of the navigation. A person begins in the first that one of their roles opens. */
export const ROOMS: readonly Room[] = [
  {
    name: "annotate",
    title: "Annotate",
    roles: ["annotator"],
    Screen: lazy(() => import("./annotate/annotate")),
  },
  {
    name: "adjudicate",
    title: "Adjudicate",
    roles: ["adjudicator"],
    Screen: lazy(() => import("./adjudicate/adjudicate")),
  },
  {
    name: "review",
    title: "Review",
    roles: ["reviewer"],
    Screen: lazy(() => import("./review/review")),
  },
  {
    name: "lead",
    title: "Lead",
    roles: ["spec_owner", "admin"],
    Screen: lazy(() => import("./lead/lead")),
  },
  {
    name: "spec",
    title: "Specification",
    roles: ["spec_owner", "admin"],
    Screen: lazy(() => import("./spec/spec-room")),
  },
];

/** Return the rooms that these roles open. */
export function roomsFor(roles: readonly string[]): readonly Room[] {
  return ROOMS.filter((room) => room.roles.some((role) => roles.includes(role)));
}

/**
 * Return the address at which an invited person begins: in the project of the invitation. Leads
 * begin at their overview, which stands behind the other rooms.
 */
export function addressOfFirstRoom({ roles, projects }: Session): string {
  const rooms = roomsFor(roles);
  const room = rooms.find(({ name }) => name === "lead") ?? rooms[0];
  return room ? addressOfRoom(room.name, projects[0]) : "#/";
}

/** Return the address of a room of the page, for links. */
export function addressOfRoom(name: string, project?: string, rest = ""): string {
  const parts = [name, project, rest].filter((part) => part).map((part) => part as string);
  return `#/${parts.map((part, at) => (at === 1 ? encodeURIComponent(part) : part)).join("/")}`;
}
