import { useQuery, useQueryClient } from "@tanstack/react-query";
import { createContext, useContext } from "react";
import { answerOf, NoAnswer, Problem } from "../api/problem";
import type { Services } from "../api/services";
import type { Session } from "../api/session";
import type { OwnKeys } from "./keys";

interface OwnKeysOfPerson {
  readonly own: OwnKeys;
  readonly change: (own: OwnKeys) => void;
}

/** The keys that the person has chosen, for whatever shows or uses keys. */
export const OwnKeysContext = createContext<OwnKeysOfPerson>({
  own: {},
  change: () => undefined,
});

export function useOwnKeys(): OwnKeysOfPerson {
  return useContext(OwnKeysContext);
}

/** Load the person's keys from the server; keep there what they change. */
export function useStoredKeys(services: Services, session: Session): OwnKeysOfPerson {
  const queries = useQueryClient();
  const queryKey = ["preferences", session.owner];
  const { data } = useQuery({
    queryKey,
    queryFn: () => answerOf(services.queue.GET("/v1/me/preferences")),
    staleTime: Infinity,
  });

  async function change(own: OwnKeys) {
    queries.setQueryData(queryKey, { keys: own });
    try {
      const body = { keys: own as Record<string, string> };
      await answerOf(services.queue.PUT("/v1/me/preferences", { body }));
    } catch (error) {
      if (!(error instanceof NoAnswer || error instanceof Problem)) {
        throw error;
      } // The keys hold in this tab; the next change is sent again.
    }
  }

  return { own: (data?.keys ?? {}) as OwnKeys, change: (own) => void change(own) };
}
