/** A tree of Markdown as elements. */
import { createElement, type ReactElement, type ReactNode } from "react";

import { visible } from "@/lib/bidi";
import { parse, type Node } from "@/lib/markdown";
import { MENTION } from "@/lib/mentions";

import { Code } from "./Code";
import css from "./Markdown.module.css";

const PLAIN = new Set(["p", "strong", "em", "s", "ul", "ol", "li", "blockquote", "thead", "tbody", "tr", "td", "th", "h1", "h2", "h3", "h4", "h5", "h6"]);
/** Headings of a message stand below those of the page. */
const HEADING: Readonly<Record<string, string>> = { h1: "h3", h2: "h4", h3: "h5", h4: "h6", h5: "h6" };

const cache = new Map<string, readonly Node[]>();
const MOST_CACHED = 400;

function tree(text: string): readonly Node[] {
  const known = cache.get(text);
  if (known) return known;
  const made = parse(text);
  cache.set(text, made);
  const oldest = cache.size > MOST_CACHED ? cache.keys().next().value : undefined;
  if (oldest !== undefined) cache.delete(oldest);
  return made;
}

/** Text with its mentions marked. */
function marked(text: string): ReactNode {
  const shown = visible(text);
  const parts: ReactNode[] = [];
  let from = 0;
  for (const match of shown.matchAll(MENTION)) {
    const at = match.index + (match[1]?.length ?? 0);
    parts.push(shown.slice(from, at));
    parts.push(
      <bdi key={at} className={css["mention"]}>
        @{match[2]}
      </bdi>,
    );
    from = match.index + match[0].length;
  }
  return parts.length > 0 ? [...parts, shown.slice(from)] : shown;
}

function all(nodes: readonly Node[]): ReactNode[] {
  return nodes.map((node, index) => <Element key={index} node={node} />);
}

function Element({ node }: { readonly node: Node }): ReactNode {
  switch (node.tag) {
    case "text":
      return marked(node.text ?? "");
    case "tight":
      return all(node.children);
    case "br":
      return <br />;
    case "hr":
      return <hr />;
    case "code":
      return <code className={css["code"]}>{visible(node.text ?? "")}</code>;
    case "plain":
      return <p className={css["plain"]}>{marked(node.text ?? "")}</p>;
    case "pre":
      return <Code text={node.text ?? ""} language={node.language ?? ""} />;
    case "a":
      return (
        <a href={node.href} target="_blank" rel="noopener noreferrer nofollow">
          {all(node.children)}
        </a>
      );
    case "table":
      return (
        // A wide table scrolls by itself, and so must take the focus for whoever uses keys.
        // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex
        <div className={css["table"]} tabIndex={0} role="group">
          <table>{all(node.children)}</table>
        </div>
      );
    case "li":
      return (
        <li className={node.checked === undefined ? undefined : css["task"]}>
          {node.checked === undefined ? null : <input type="checkbox" checked={node.checked} disabled aria-label={node.checked ? "done" : "to do"} />}
          {node.checked === undefined ? all(node.children) : <div>{all(node.children)}</div>}
        </li>
      );
    default:
      if (!PLAIN.has(node.tag)) return <span>{all(node.children)}</span>;
      return createElement(
        HEADING[node.tag] ?? node.tag,
        {
          ...(node.align ? { style: { textAlign: node.align } } : {}),
          ...(node.start === undefined ? {} : { start: node.start }),
        },
        ...all(node.children),
      );
  }
}

export default function Tree({ text }: { readonly text: string }): ReactElement {
  return <>{all(tree(text))}</>;
}
