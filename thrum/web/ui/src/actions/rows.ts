/** What a row of a list stands for: that to which it leads. Every list has its rows marked alike. */

export interface Row {
  readonly kind: "message" | "agent" | "talk" | "group";
  /** The message, the agent, the group, or the talk by its key: `agent NAME`, `group NAME`. */
  readonly id: string;
  /** Where it is opened. */
  readonly href: string;
}

/** The link of a row, which has the focus where the row is the active one. */
export const FOCUS = "[data-row-focus]";
/** What a row and all that belongs to it stand in. */
const FRAME = "[data-row]";

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part; // a per cent sign of the name's own
  }
}

/** The row that leads to an address; null where it leads to nothing that can be acted upon. */
export function rowOf(href: string): Row | null {
  const [path = "", query = ""] = href.split("?");
  const messageId = new URLSearchParams(query).get("m");
  if (messageId) return { kind: "message", id: messageId, href };
  const [, view, first = "", second = ""] = path.split("/").map(decoded);
  if (view === "m" && first) return { kind: "message", id: first, href };
  if (view === "agents" && first) return { kind: "agent", id: first, href };
  if (view === "groups" && first) return { kind: "group", id: first, href };
  if (view === "talk" && second) return { kind: "talk", id: `${first === "group" ? "group" : "agent"} ${second}`, href };
  return null;
}

/** The row in which an element stands. */
export function rowAround(element: Element | null): Row | null {
  const link = element?.closest(FRAME)?.querySelector(FOCUS);
  return rowOf(link?.getAttribute("href") ?? "");
}

export function isSame(one: Row, other: Row): boolean {
  return one.kind === other.kind && one.id === other.id;
}

/** An address of it that stays true, whichever list it stood in. */
export function linkTo({ kind, id }: Row): string {
  if (kind === "message") return `/m/${id}`;
  if (kind === "talk") {
    const [what = "", ...name] = id.split(" ");
    return `/talk/${what === "group" ? "group" : "with"}/${encodeURIComponent(name.join(" "))}`;
  }
  return `/${kind}s/${encodeURIComponent(id)}`;
}

export interface Partner {
  readonly name: string;
  readonly isGroup: boolean;
}

/** With whom one would talk there; null for a message. */
export function partnerOf({ kind, id }: Row): Partner | null {
  if (kind === "message") return null;
  if (kind !== "talk") return { name: id, isGroup: kind === "group" };
  return { name: id.slice(id.indexOf(" ") + 1), isGroup: id.startsWith("group ") };
}

/** The agent or person that it is about; null where it is about several. */
export function agentOf(row: Row): string | null {
  const partner = partnerOf(row);
  return partner && !partner.isGroup ? partner.name : null;
}
