/** Conversations in the shapes that the APIs of language models use. */

export interface ToolCall {
  readonly name: string;
  readonly input: unknown;
}

export interface Turn {
  readonly role: string;
  readonly name: string | undefined;
  readonly texts: readonly string[];
  readonly images: readonly string[];
  readonly calls: readonly ToolCall[];
  /** What a tool returned, or parts of unknown shape. */
  readonly data: readonly unknown[];
}

type Fields = Readonly<Record<string, unknown>>;

/**
 * Return the turns of a list of `{role, content}` (or `{from, value}`), also under `messages`;
 * undefined if the value is anything else.
 */
export function readTurns(value: unknown): readonly Turn[] | undefined {
  const list = isFields(value) && Array.isArray(value.messages) ? value.messages : value;
  if (!Array.isArray(list) || list.length === 0) return undefined;
  return list.every(isTurn) ? list.map(readTurn) : undefined;
}

function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isTurn(value: unknown): value is Fields {
  if (!isFields(value) || typeof (value.role ?? value.from) !== "string") return false;
  return ["content", "value", "tool_calls"].some((key) => key in value);
}

function readTurn(turn: Fields): Turn {
  const role = String(turn.role ?? turn.from);
  const content = turn.content ?? turn.value;
  const parts = Array.isArray(content) ? content : content == null ? [] : [content];
  const isTool = role === "tool" || role === "function";
  const texts = isTool ? [] : parts.flatMap(textOf);
  const isShown = (part: unknown) =>
    textOf(part).length + imageOf(part).length + callOf(part).length;
  return {
    role,
    name: typeof turn.name === "string" ? turn.name : undefined,
    texts,
    images: parts.flatMap(imageOf),
    calls: [...parts.flatMap(callOf), ...listOf(turn.tool_calls).flatMap(callOf)],
    data: isTool ? parts.map(parsed) : parts.filter((part) => !isShown(part)).map(resultOf),
  };
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function textOf(part: unknown): string[] {
  if (typeof part === "string") return part === "" ? [] : [part];
  return isFields(part) && typeof part.text === "string" ? [part.text] : [];
}

function imageOf(part: unknown): string[] {
  if (!isFields(part)) return [];
  const image = isFields(part.image_url) ? part.image_url.url : part.image_url;
  return typeof image === "string" ? [image] : [];
}

function callOf(part: unknown): ToolCall[] {
  if (!isFields(part)) return [];
  if (part.type === "tool_use") return [{ name: String(part.name), input: part.input }];
  if (!isFields(part.function)) return [];
  return [{ name: String(part.function.name), input: parsed(part.function.arguments) }];
}

function resultOf(part: unknown): unknown {
  return isFields(part) && part.type === "tool_result" ? parsed(part.content) : part;
}

/** The JSON value of a text, where it is an object or a list; else the value itself. */
function parsed(value: unknown): unknown {
  if (typeof value !== "string" || !/^\s*[[{]/.test(value)) return value;
  try {
    return JSON.parse(value);
  } catch {
    return value; // It only looks like JSON, so it is shown as the text that it is.
  }
}
