import type { Services } from "../../api/services";
import { usePeople } from "./people-queries";

const PSEUDONYM_CHARACTERS = 8;

/** Return what to call an annotator: the name in the directory, else the start of the pseudonym. */
export function useNames(services: Services, project: string): (annotator: string) => string {
  const people = usePeople(services, project);
  const names = new Map(people.data?.map((person) => [person.pseudonym, person.name]));
  return (annotator) => names.get(annotator) ?? annotator.slice(0, PSEUDONYM_CHARACTERS);
}
