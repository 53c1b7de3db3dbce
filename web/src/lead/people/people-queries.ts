/** The people of a project and their invitations, as the queue's directory has them. */

import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { answerOf } from "../../api/problem";
import type { Services } from "../../api/services";
import type { components } from "../../api/types/queue";
import { REFRESH_MS } from "../queries";

export type Person = components["schemas"]["ProjectPerson"];
export type Role = components["schemas"]["InvitationRequest"]["role"];
export type Invitation = components["schemas"]["InvitationView"];

export const ROLES: readonly (readonly [Role, string])[] = [
  ["annotator", "Annotator: labels items"],
  ["reviewer", "Reviewer: checks labels"],
  ["adjudicator", "Adjudicator: decides conflicts"],
  ["spec_owner", "Spec owner: changes the rules, sees all of this"],
  ["trainer", "Trainer: takes the datasets"],
];

const PAGE = 500;

export function usePeople(services: Services, project: string) {
  return useQuery({
    queryKey: ["people", project],
    queryFn: async () => {
      const people: Person[] = [];
      for (let after: string | null | undefined; after !== null; ) {
        const query = { limit: PAGE, ...(after ? { after } : {}) };
        const page = await answerOf(
          services.queue.GET("/v1/projects/{project}/people", {
            params: { path: { project }, query },
          }),
        );
        people.push(...page.people);
        after = page.next ?? null;
      }
      return people;
    },
    refetchInterval: REFRESH_MS,
  });
}

/** The newest invitations of a project. */
export function useInvitations(services: Services, project: string) {
  return useQuery({
    queryKey: ["invitations", project],
    queryFn: async () => {
      const params = { path: { project }, query: { limit: PAGE } };
      const call = services.queue.GET("/v1/projects/{project}/invitations", { params });
      return (await answerOf(call)).invitations;
    },
    refetchInterval: REFRESH_MS,
  });
}

export interface Invited {
  readonly name: string;
  readonly link: string;
}

/** Invites people one after the other; a refusal of one ends it. Links are not shown again. */
export function useInvite(services: Services, project: string, onLink: (made: Invited) => void) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: async ({ names, role }: { names: readonly string[]; role: Role }) => {
      for (const name of names) {
        const call = services.queue.POST("/v1/projects/{project}/invitations", {
          params: { path: { project } },
          body: { role, name },
        });
        onLink({ name, link: (await answerOf(call)).link });
      }
    },
    onSettled: () => {
      void queries.invalidateQueries({ queryKey: ["people", project] });
      void queries.invalidateQueries({ queryKey: ["invitations", project] });
    },
  });
}

export function useRevoke(services: Services, project: string) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (id: string) =>
      answerOf(
        services.queue.DELETE("/v1/projects/{project}/invitations/{invitation_id}", {
          params: { path: { project, invitation_id: id } },
        }),
      ),
    onSettled: () => queries.invalidateQueries({ queryKey: ["invitations", project] }),
  });
}
