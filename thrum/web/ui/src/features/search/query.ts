/** What somebody looks for: words, and `from:`, `to:`, `in:`, `is:unread`, as on the command line. */
import { bare } from "@/lib/names";
import type { Params } from "@/rpc/client";
import { audienceOf, type Message } from "@/store/entities";

export interface Query {
  readonly words: readonly string[];
  readonly from: string;
  readonly to: string;
  readonly group: string;
  readonly isUnread: boolean;
}

const PART = /"([^"]+)"|(\S+)/g;

export function parse(text: string): Query {
  const words: string[] = [];
  const found = { from: "", to: "", group: "", isUnread: false };
  for (const match of text.matchAll(PART)) {
    const quoted = match[1];
    const part = match[2] ?? "";
    const [name = "", value = ""] = part.split(/:(.*)/s);
    const who = bare(value);
    if (quoted !== undefined) words.push(quoted.toLowerCase());
    else if (name === "from" && who) found.from = who;
    else if (name === "to" && who) found.to = who;
    else if (name === "in" && who) found.group = who;
    else if (part === "is:unread") found.isUnread = true;
    else words.push(part.toLowerCase());
  }
  return { words, ...found };
}

export function isEmpty(query: Query): boolean {
  return query.words.length === 0 && !query.from && !query.to && !query.group && !query.isUnread;
}

export function fits(message: Message, query: Query): boolean {
  if (message.deleted) return false;
  if (query.from && bare(message.agent_id) !== query.from) return false;
  if (query.isUnread && message.is_read) return false;
  const audience = audienceOf(message);
  if (query.group && !audience.groups.includes(query.group)) return false;
  if (query.to && ![...audience.agents, ...audience.roles, ...audience.groups].some((name) => bare(name) === query.to)) {
    return query.to === "everyone" && audience.everyone;
  }
  const text = message.body.content.toLowerCase();
  return query.words.every((word) => text.includes(word));
}

/** What the daemon can be asked of it. */
export function asked(query: Query, me: string): Params<"message.list"> {
  return {
    page_size: 100,
    sort_order: "desc",
    ...(query.from ? { author_id: query.from } : {}),
    ...(query.group ? { scope: { type: "group", value: query.group } } : {}),
    ...(query.isUnread && me ? { for_agent: me, unread_for_agent: me } : {}),
  };
}
