const CHARACTERS_MAX = 160;

/** Return a label on one line: `mood: calm, tempo: 3`. */
export function labelText(label: unknown): string {
  const fields = typeof label === "object" && label !== null ? Object.entries(label) : [];
  const text = fields.map(([field, answer]) => `${field}: ${answerText(answer)}`).join(", ");
  return text.length > CHARACTERS_MAX ? `${text.slice(0, CHARACTERS_MAX - 1)}…` : text;
}

function answerText(answer: unknown): string {
  if (Array.isArray(answer)) {
    return answer.map(answerText).join(" + ");
  }
  if (typeof answer === "object" && answer !== null && "quote" in answer) {
    const { quote, label } = answer as { quote: unknown; label?: unknown };
    return `“${quote}”${label === undefined ? "" : ` ${label}`}`;
  }
  return typeof answer === "string" ? answer : JSON.stringify(answer);
}
