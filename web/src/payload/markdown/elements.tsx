/** React elements for the tokens of a Markdown text. What is not known is shown as it was written. */

import type { Token, Tokens } from "marked";
import { createElement, Fragment, type ReactNode } from "react";
import styles from "./markdown.module.css";

/** Payloads and guidelines stand below the headings of the page. */
const HEADING_OFFSET = 2;

export function blocks(tokens: readonly Token[] | undefined): ReactNode[] {
  return (tokens ?? []).map((token, index) => (
    <Fragment key={index}>{element(token as Tokens.Generic)}</Fragment>
  ));
}

type Render = (token: never) => ReactNode;

const RENDER: Readonly<Record<string, Render>> = {
  space: () => null,
  def: () => null,
  hr: () => <hr />,
  br: () => <br />,
  heading: ({ depth, tokens }: Tokens.Heading) =>
    createElement(
      `h${Math.min(depth + HEADING_OFFSET, 6)}`,
      { className: styles.heading },
      blocks(tokens),
    ),
  paragraph: ({ tokens }: Tokens.Paragraph) => <p>{blocks(tokens)}</p>,
  blockquote: ({ tokens }: Tokens.Blockquote) => <blockquote>{blocks(tokens)}</blockquote>,
  strong: ({ tokens }: Tokens.Strong) => <strong>{blocks(tokens)}</strong>,
  em: ({ tokens }: Tokens.Em) => <em>{blocks(tokens)}</em>,
  del: ({ tokens }: Tokens.Del) => <del>{blocks(tokens)}</del>,
  codespan: ({ text }: Tokens.Codespan) => <code>{text}</code>,
  code: ({ text }: Tokens.Code) => (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: long lines scroll, so the keyboard must reach it
    <pre tabIndex={0}>
      <code>{text}</code>
    </pre>
  ),
  list,
  table,
  link: ({ href, tokens }: Tokens.Link) => link(href, blocks(tokens)),
  image: ({ href, text }: Tokens.Image) => image(href, text),
  escape: ({ text }: Tokens.Escape) => text,
  text: (token: Tokens.Text) => (token.tokens ? blocks(token.tokens) : decoded(token.text)),
};

function element(token: Tokens.Generic): ReactNode {
  const render = RENDER[token.type];
  return render ? render(token as never) : token.raw;
}

function list({ ordered, start, items }: Tokens.List): ReactNode {
  const content = items.map((item, index) => (
    <li key={index}>
      {item.task ? (item.checked ? "☑ " : "☐ ") : ""}
      {blocks(item.tokens)}
    </li>
  ));
  return ordered ? <ol start={Number(start)}>{content}</ol> : <ul>{content}</ul>;
}

function table({ header, rows }: Tokens.Table): ReactNode {
  return (
    <table>
      <thead>
        <tr>{header.map((cell, index) => cellOf("th", cell, index))}</tr>
      </thead>
      <tbody>
        {rows.map((row, index) => (
          <tr key={index}>{row.map((cell, column) => cellOf("td", cell, column))}</tr>
        ))}
      </tbody>
    </table>
  );
}

function cellOf(name: "th" | "td", { tokens }: Tokens.TableCell, key: number): ReactNode {
  return createElement(name, { key }, blocks(tokens));
}

/** A link to the web or a mail address; other addresses are not linked, the text alone is shown. */
function link(href: string, content: ReactNode): ReactNode {
  if (!/^(https?:|mailto:)/i.test(href)) return content;
  return (
    <a href={href} target="_blank" rel="noopener noreferrer">
      {content}
    </a>
  );
}

/** An image within the text; one of another origin is linked, since it would tell that origin of the reader. */
function image(href: string, text: string): ReactNode {
  return /^data:image\//i.test(href) ? <img src={href} alt={text} /> : link(href, `Image: ${text}`);
}

const ENTITY = /&(#\d{1,7}|#x[0-9a-f]{1,6}|[a-z][a-z0-9]{1,31});/gi;

/** The characters that entities such as `&amp;` stand for. */
function decoded(text: string): string {
  return text.replaceAll(ENTITY, (entity) => {
    const document = new DOMParser().parseFromString(entity, "text/html");
    return document.body.textContent;
  });
}
