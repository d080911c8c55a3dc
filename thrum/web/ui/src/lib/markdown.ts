/**
 * Markdown as a tree that views turn into elements. There is no HTML anywhere on the way: what
 * looks like HTML is text, and a link that is not of the web or to an address leads nowhere.
 */
import MarkdownIt from "markdown-it";

import { wholeTable } from "./wholeTable";

export interface Node {
  readonly tag: string;
  readonly text?: string;
  readonly href?: string;
  readonly language?: string;
  readonly start?: number;
  readonly align?: "left" | "center" | "right";
  readonly checked?: boolean;
  readonly children: readonly Node[];
}

const SAFE = /^(?:https?:\/\/|mailto:)/i;
const reader = new MarkdownIt("default", { html: false, linkify: true, breaks: true, typographer: false });
reader.validateLink = () => true; // links that lead nowhere stay visible as what they are

// Nobody must be kept from seeing what an agent reads: what would define links unseen is text.
reader.disable("reference");

/** Lists and quotes in each other to this depth are laid out. */
const DEEPEST = 24;

export type BlockRule = Parameters<typeof reader.block.ruler.push>[1];

/** What lies deeper is plain text; left alone, the reader would drop it with all that follows. */
const tooDeep: BlockRule = (state, first, end, isAsking) => {
  if (state.level < DEEPEST) return false;
  if (isAsking) return true;
  const belongs = (line: number): boolean => {
    const indent = state.sCount[line] ?? 0;
    return state.isEmpty(line) || indent < 0 || indent >= state.blkIndent; // below 0: a paragraph goes on
  };
  let next = first + 1;
  while (next < end && belongs(next)) next += 1;
  state.line = next;
  state.push("too_deep", "", 0).content = state.getLines(first, next, state.blkIndent, false).trimEnd();
  return true;
};

type Token = ReturnType<typeof reader.parse>[number];

const [plainTable] = reader.block.ruler.getRules("");
if (plainTable) reader.block.ruler.at("table", wholeTable(plainTable), { alt: ["paragraph", "reference"] });
reader.block.ruler.before("table", "too_deep", tooDeep);

/** The tree of a text. */
export function parse(text: string): readonly Node[] {
  return nest(reader.parse(text, {}));
}

function attribute(token: Token, name: string): string {
  return String(token.attrGet(name) ?? "");
}

type Begun = Omit<Node, "children"> & {
  /** What is written in a link beside its text, for people to see, too. */
  readonly aside?: string;
};

interface Open {
  readonly node: Begun;
  readonly children: Node[];
}

function nest(tokens: readonly Token[]): readonly Node[] {
  const root: Open = { node: { tag: "root" }, children: [] };
  const path: Open[] = [root];
  const here = (): Open => path.at(-1) ?? root;
  for (const token of tokens) {
    if (token.nesting === 1) path.push({ node: opened(token), children: [] });
    else if (token.nesting === -1) {
      const done = path.length > 1 ? path.pop() : undefined;
      if (done) here().children.push(closed(done));
    } else here().children.push(...leaf(token));
  }
  return root.children;
}

function opened(token: Token): Begun {
  const align = /text-align:(left|center|right)/.exec(attribute(token, "style"))?.[1];
  const start = Number(token.attrGet("start") ?? Number.NaN);
  return {
    tag: token.hidden ? "tight" : token.tag,
    ...(token.type === "link_open" ? link(attribute(token, "href"), attribute(token, "title")) : {}),
    ...(align === "left" || align === "center" || align === "right" ? { align } : {}),
    ...(Number.isInteger(start) ? { start } : {}),
  };
}

/** A link leads somewhere if that is safe; what people would not see of it stands beside its text. */
function link(href: string, title: string): Begun {
  const told = title ? ` “${title}”` : "";
  if (SAFE.test(href)) return { tag: "a", href, aside: told };
  return { tag: "dead-link", aside: `${href ? ` (${reader.normalizeLinkText(href)})` : ""}${told}` };
}

/** A link without a text shows where it leads. */
function linked({ aside = "", ...node }: Begun, children: readonly Node[]): Node {
  const isSeen = all(children).some((each) => each.text?.trim());
  const text = isSeen ? children : [textNode(reader.normalizeLinkText(node.href ?? ""))];
  return { ...node, children: aside ? [...text, textNode(aside)] : text };
}

function textNode(text: string): Node {
  return { tag: "text", text, children: [] };
}

function all(nodes: readonly Node[]): Node[] {
  return nodes.flatMap((node) => [node, ...all(node.children)]);
}

/** A list's item that begins with `[ ]` or `[x]` is a task. */
function closed({ node, children }: Open): Node {
  if (node.aside !== undefined) return linked(node, children);
  const paragraph = children[0];
  const first = paragraph?.children[0];
  const box = node.tag === "li" ? /^\[([ xX])\]\s+/.exec(first?.text ?? "") : null;
  if (!box || !paragraph || !first) return { ...node, children };
  const rest: Node = { ...first, text: (first.text ?? "").slice(box[0].length) };
  const without: Node = { ...paragraph, children: [rest, ...paragraph.children.slice(1)] };
  return { ...node, checked: box[1] !== " ", children: [without, ...children.slice(1)] };
}

function leaf(token: Token): readonly Node[] {
  switch (token.type) {
    case "inline":
      return nest(token.children ?? []);
    case "text":
    case "html_inline":
    case "html_block":
      return [textNode(token.content)];
    case "softbreak":
    case "hardbreak":
      return [{ tag: "br", children: [] }];
    case "too_deep":
      return [{ tag: "plain", text: token.content, children: [] }];
    case "hr":
      return [{ tag: "hr", children: [] }];
    case "code_inline":
      return [{ tag: "code", text: token.content, children: [] }];
    case "fence":
    case "code_block":
      return [{ tag: "pre", text: token.content, language: token.info.trim(), children: [] }];
    case "image":
      return [linked(link(attribute(token, "src"), attribute(token, "title")), [textNode(token.content)])];
    default:
      return token.content ? [textNode(token.content)] : [];
  }
}
