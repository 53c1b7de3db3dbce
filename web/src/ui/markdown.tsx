/**
 * Markdown as React elements. Nothing of it becomes markup by itself: HTML in it is shown as text,
 * images by their description, and links lead to web pages only.
 */

import { lexer, type Token, type Tokens } from "marked";
import { createElement, type ReactNode } from "react";
import styles from "./markdown.module.css";

export function Markdown({ text }: { readonly text: string }) {
  return <div className={styles.markdown}>{blocks(lexer(text))}</div>;
}

function blocks(tokens: readonly Token[] | undefined): ReactNode[] {
  return (tokens ?? []).map((token, index) => <Block key={index} token={token} />);
}

const INLINE_TAGS: Readonly<Record<string, string>> = { strong: "strong", em: "em", del: "del" };

function Block({ token }: { readonly token: Token }): ReactNode {
  const render = RENDERERS[token.type];
  if (render) {
    return render(token);
  }
  const inline = INLINE_TAGS[token.type];
  if (inline) {
    return createElement(inline, null, blocks((token as Tokens.Strong).tokens));
  }
  return "raw" in token ? token.raw : null;
}

const RENDERERS: Readonly<Record<string, (token: Token) => ReactNode>> = {
  space: () => null,
  hr: () => <hr />,
  br: () => <br />,
  paragraph: (token) => <p>{blocks((token as Tokens.Paragraph).tokens)}</p>,
  heading: (token) => <h4>{blocks((token as Tokens.Heading).tokens)}</h4>,
  blockquote: (token) => <blockquote>{blocks((token as Tokens.Blockquote).tokens)}</blockquote>,
  code: (token) => (
    <pre>
      <code>{(token as Tokens.Code).text}</code>
    </pre>
  ),
  codespan: (token) => <code>{(token as Tokens.Codespan).text}</code>,
  escape: (token) => (token as Tokens.Escape).text,
  text: (token) => {
    const { tokens, text } = token as Tokens.Text;
    return tokens ? blocks(tokens) : text;
  },
  image: (token) => (token as Tokens.Image).text,
  link: (token) => link(token as Tokens.Link),
  list: (token) => list(token as Tokens.List),
  table: (token) => table(token as Tokens.Table),
};

function link({ href, tokens }: Tokens.Link): ReactNode {
  return /^https?:\/\//i.test(href) ? (
    <a href={href} target="_blank" rel="noreferrer">
      {blocks(tokens)}
    </a>
  ) : (
    blocks(tokens)
  );
}

function list({ ordered, items }: Tokens.List): ReactNode {
  const entries = items.map((item, index) => <li key={index}>{blocks(item.tokens)}</li>);
  return ordered ? <ol>{entries}</ol> : <ul>{entries}</ul>;
}

function table({ header, rows }: Tokens.Table): ReactNode {
  return (
    <table>
      <thead>
        <tr>
          {header.map((cell) => (
            <th key={cell.text}>{blocks(cell.tokens)}</th>
          ))}
        </tr>
      </thead>
      <tbody>
        {rows.map((row, index) => (
          <tr key={index}>
            {row.map((cell) => (
              <td key={cell.text}>{blocks(cell.tokens)}</td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}
