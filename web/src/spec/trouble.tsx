interface Props {
  /** What did not load: “The issues”. */
  readonly what: string;
  readonly error: Error | null;
  readonly onRetry: () => unknown;
}

/** Says that something did not load, and offers to try again. Nothing without an error. */
export function Trouble({ what, error, onRetry }: Props) {
  if (!error) {
    return null;
  }
  return (
    <div role="alert">
      <p className="error">
        {what} did not load: {error.message}
      </p>
      <button type="button" className="button" onClick={() => onRetry()}>
        Try again
      </button>
    </div>
  );
}
