import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import type { Services } from "../api/services";
import { formatDocument, type SpecDocument } from "./document";
import type { SpecProblem } from "./problems";
import { checkDocument } from "./spec-api";

const PAUSE_MS = 400;
const NONE: readonly SpecProblem[] = [];
const ANY = {};

export interface Checked {
  readonly problems: readonly SpecProblem[];
  readonly warnings: readonly SpecProblem[];
  /** True if the findings are about the document as it is now. */
  readonly isCurrent: boolean;
  /** Why there are no findings; null if there are. */
  readonly error: Error | null;
  /** The newest document without faults, and the schema of its labels. */
  readonly valid: SpecDocument | null;
  readonly labelSchema: Readonly<Record<string, unknown>>;
}

/** What the server says of a document, asked for whenever the typing pauses. */
export function useCheck(services: Services, project: string, document: SpecDocument): Checked {
  const [paused, setPaused] = useState(document);
  useEffect(() => {
    const timer = setTimeout(() => setPaused(document), PAUSE_MS);
    return () => clearTimeout(timer);
  }, [document]);
  const { data, error, isPlaceholderData } = useQuery({
    queryKey: ["spec-check", project, formatDocument(paused)],
    queryFn: async () => ({
      document: paused,
      check: await checkDocument(services, project, paused),
    }),
    placeholderData: keepPreviousData,
  });
  const [valid, setValid] = useState<typeof data>();
  useEffect(() => {
    if (data?.check.problems.length === 0) {
      setValid(data);
    }
  }, [data]);

  return {
    problems: data?.check.problems ?? NONE,
    warnings: data?.check.warnings ?? NONE,
    isCurrent: data !== undefined && !isPlaceholderData && paused === document,
    error,
    valid: valid?.document ?? null,
    labelSchema: valid?.check.label_schema ?? ANY,
  };
}
