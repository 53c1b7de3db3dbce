/** What a call can end with instead of an answer: a problem document, or no answer at all. */

export interface FieldProblem {
  /** JSON pointer into what was sent. */
  readonly pointer: string;
  readonly keyword: string;
  readonly message: string;
}

interface ProblemDocument {
  readonly type?: string;
  readonly title?: string;
  readonly detail?: string;
  readonly errors?: readonly FieldProblem[];
}

/** The service answered, and refused. */
export class Problem extends Error {
  /** The type without its prefix: `lease-expired`. */
  readonly type: string;
  readonly errors: readonly FieldProblem[];

  constructor(
    readonly status: number,
    document: ProblemDocument,
    /** Seconds after which to try again, if the service says so. */
    readonly retryAfter: number | undefined,
  ) {
    super(document.detail || document.title || `The service answered ${status}.`);
    this.type = (document.type ?? "").replace("urn:problem:", "");
    this.errors = document.errors ?? [];
  }

  /** True if the same call may succeed later. */
  get isTemporary(): boolean {
    return this.status === 429 || this.status >= 500;
  }
}

/** No answer came: the network or the service is away. */
export class NoAnswer extends Error {}

interface Result<T> {
  readonly data?: T;
  readonly error?: unknown;
  readonly response: Response;
}

/** Return the data of a call of a client. Throws Problem or NoAnswer. */
export async function answerOf<T>(call: Promise<Result<T>>): Promise<T> {
  let result: Result<T>;
  try {
    result = await call;
  } catch (error) {
    throw new NoAnswer(error instanceof Error ? error.message : String(error));
  }
  const { data, error, response } = result;
  if (!response.ok) {
    const retryAfter = Number(response.headers.get("retry-after")) || undefined;
    const isDocument = typeof error === "object" && error !== null;
    throw new Problem(response.status, isDocument ? (error as ProblemDocument) : {}, retryAfter);
  }
  return data as T;
}
