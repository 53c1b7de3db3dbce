import type { UseQueryResult } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { Failure } from "./failure";

interface Props<T> {
  readonly query: UseQueryResult<T>;
  /** What is read, in a word or two: "the queues". */
  readonly what: string;
  readonly children: (data: T) => ReactNode;
}

/** What a query found. A failure stands above what was found before, which stays. */
export function Loaded<T>({ query, what, children }: Props<T>) {
  return (
    <>
      {query.isError ? (
        <Failure
          error={query.error}
          title={`The page could not read ${what}`}
          onRetry={() => void query.refetch()}
        />
      ) : null}
      {query.isPending ? <p className="muted">Reading {what} …</p> : null}
      {query.data === undefined ? null : children(query.data)}
    </>
  );
}
