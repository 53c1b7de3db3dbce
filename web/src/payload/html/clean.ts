/** What of a payload's HTML is shown: its structure and its text, but nothing that loads or runs. */

const KEPT = new Set(
  (
    "a abbr address article aside b bdi bdo blockquote br caption cite code col colgroup dd del " +
    "details dfn div dl dt em figcaption figure footer h1 h2 h3 h4 h5 h6 header hr i img ins kbd li " +
    "main mark nav ol p pre q rp rt ruby s samp section small span strong sub summary sup table " +
    "tbody td tfoot th thead time tr u ul var wbr"
  ).split(" "),
);
const DROPPED = "script,style,template,noscript,iframe,object,embed,svg,math,head,link,meta,base";
const ATTRIBUTES = new Set(["alt", "colspan", "rowspan", "dir", "lang", "title", "start", "open"]);

/** Return the HTML of `source` without scripts, styles, forms, frames and foreign addresses. */
export function cleanHtml(source: string): string {
  // A parsed document without a window runs and loads nothing.
  const { body } = new DOMParser().parseFromString(renamed(source), "text/html");
  for (const element of body.querySelectorAll(DROPPED)) element.remove();
  for (const element of body.querySelectorAll("*")) {
    if (KEPT.has(element.localName)) cleanAttributes(element);
    else element.replaceWith(...element.childNodes);
  }
  return body.innerHTML;
}

const TAG = /<[^<>]+>/g;
const UNWANTED = /([\s/"'])(on[a-z]+|style)(?=\s*=)/gi;
const STYLE = /^(<\/?)style\b/i;
const BASE = /^<base\b/i;

/**
 * Rename handlers, styles and base addresses. They would be removed anyway; but the browser reports those
 * that it only parses to the content policy, as if the page had wanted to run them.
 */
function renamed(source: string): string {
  return source.replaceAll(TAG, (tag) =>
    tag.replaceAll(UNWANTED, "$1data-$2").replace(STYLE, "$1template").replace(BASE, "<meta"),
  );
}

function cleanAttributes(element: Element): void {
  for (const { name, value } of [...element.attributes]) {
    if (!isKept(element.localName, name, value)) element.removeAttribute(name);
  }
  if (element.hasAttribute("href")) {
    element.setAttribute("target", "_blank");
    element.setAttribute("rel", "noopener noreferrer");
  }
}

function isKept(element: string, name: string, value: string): boolean {
  if (element === "a" && name === "href") return /^(https?|mailto):/i.test(value);
  if (element === "img" && name === "src") return /^data:image\//i.test(value);
  return ATTRIBUTES.has(name);
}
