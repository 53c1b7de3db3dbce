import { keepPreviousData, useQuery } from "@tanstack/react-query";
import type { Services } from "../api/services";
import { formatDocument } from "./document";
import type { EditorState } from "./editor-state";
import {
  type AnnotationCost,
  type LabelPreview,
  previewEffects,
  type SpecPreview,
} from "./spec-api";

export interface Effects {
  readonly spec: SpecPreview | undefined;
  readonly labels: LabelPreview | undefined;
  /** Why the effects are not known; null if they are, or will be. */
  readonly error: Error | null;
}

/** What publishing the draft would do, asked of the services that know. Nothing is stored. */
export function useEffects(
  services: Services,
  project: string,
  state: EditorState,
  isEnabled: boolean,
): Effects {
  const { data, error } = useQuery({
    queryKey: ["spec-effects", project, state.base.version, formatDocument(state.document)],
    queryFn: () => previewEffects(services, project, state),
    placeholderData: keepPreviousData,
    enabled: isEnabled,
  });
  return { spec: data?.spec, labels: data?.labels, error };
}

/** Return a cost in words: “12 items, 24 to 60 annotations”. */
export function costWords({ items, least, most, expected }: AnnotationCost): string {
  const range = least === most ? `${least}` : `${least} to ${most}`;
  const about = expected === null ? "" : `, about ${Math.round(expected)} as things went so far`;
  return `${count(items, "item")}, ${range} annotations${about}`;
}

export function count(number: number, one: string): string {
  return `${number} ${number === 1 ? one : `${one}s`}`;
}
