/** The browser's selection within a text that is drawn in chunks, as UTF-16 units of the whole text. */

import type { Passage } from "./spans-value";

/** The attribute of a chunk: the unit at which it begins. */
export const CHUNK_START = "data-start";

/** The selected passage, an empty one for a cursor; undefined if the selection is elsewhere. */
export function readSelection(root: HTMLElement): Passage | undefined {
  const selection = document.getSelection();
  if (!selection || selection.rangeCount === 0) return undefined;
  const range = selection.getRangeAt(0);
  if (!root.contains(range.startContainer) || !root.contains(range.endContainer)) return undefined;
  const start = unitOf(root, range.startContainer, range.startOffset);
  const end = range.collapsed ? start : unitOf(root, range.endContainer, range.endOffset);
  return { start, end };
}

function unitOf(root: HTMLElement, node: Node, offset: number): number {
  const element = node instanceof Element ? node : node.parentElement;
  const chunk = element?.closest<HTMLElement>(`[${CHUNK_START}]`);
  if (!chunk || !root.contains(chunk)) return startOf(root.children[offset]) ?? lengthOf(root);
  const before = document.createRange();
  before.setStart(chunk, 0);
  before.setEnd(node, offset);
  return (startOf(chunk) ?? 0) + before.toString().length;
}

function startOf(chunk: Element | undefined): number | undefined {
  return chunk ? Number(chunk.getAttribute(CHUNK_START)) : undefined;
}

function lengthOf(root: HTMLElement): number {
  const last = root.lastElementChild;
  return last ? (startOf(last) ?? 0) + last.textContent.length : 0;
}

/** Select a passage, or put the cursor at an empty one. */
export function writeSelection(root: HTMLElement, { start, end }: Passage): void {
  const [from, fromOffset] = pointAt(root, start);
  const [to, toOffset] = pointAt(root, end);
  document.getSelection()?.setBaseAndExtent(from, fromOffset, to, toOffset);
}

/** Bring a unit of the text into sight. */
export function scrollToUnit(root: HTMLElement, unit: number): void {
  const [node] = pointAt(root, unit);
  const element = node instanceof Element ? node : node.parentElement;
  element?.scrollIntoView({ block: "nearest" });
}

/** The text node and the offset in it at a unit of the whole text. */
function pointAt(root: HTMLElement, unit: number): [Node, number] {
  const chunk = [...root.children].findLast((one) => (startOf(one) ?? 0) <= unit);
  if (!chunk) return [root, 0];
  let left = unit - (startOf(chunk) ?? 0);
  const walker = document.createTreeWalker(chunk, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const length = node.textContent?.length ?? 0;
    if (left <= length) return [node, left];
    left -= length;
  }
  return [chunk, chunk.childNodes.length];
}
