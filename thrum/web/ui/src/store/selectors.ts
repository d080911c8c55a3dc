/** What views ask of the state. Lists are of ids or of objects that keep their identity. */
import { bare, isPerson } from "@/lib/names";
import { moment } from "@/lib/time";

import { audienceOf, parentOf, threadOf, type Member, type Message } from "./entities";
import type { State } from "./state";

/** Remembers the last answer while what it was made of stays the same. */
export function remembered<A extends readonly unknown[], R>(make: (...of: A) => R): (...of: A) => R {
  let last: { readonly of: A; readonly made: R } | null = null;
  return (...of) => {
    if (last?.of.length === of.length && last.of.every((each, i) => Object.is(each, of[i]))) {
      return last.made;
    }
    last = { of, made: make(...of) };
    return last.made;
  };
}

export function isUnread(state: Pick<State, "keptUnread">, message: Message): boolean {
  return !message.deleted && (!message.is_read || state.keptUnread.has(message.message_id));
}

export type InboxTab = "all" | "unread" | "mentions";

/** The rows of the inbox, the newest first. */
export const inboxRows = remembered(
  (
    inbox: State["inbox"],
    messages: State["messages"],
    keptUnread: State["keptUnread"],
    me: State["me"],
    tab: InboxTab,
  ): readonly string[] => {
    if (tab === "all") return inbox;
    return inbox.filter((id) => {
      const message = messages.get(id);
      if (!message) return false;
      if (tab === "unread") return isUnread({ keptUnread }, message);
      const named = audienceOf(message);
      return me !== null && named.agents.some((name) => name === me.id || name === me.username);
    });
  },
);

/** The number beside the inbox, in the title and on its tab: always the same one. */
export function unreadCount(state: State): number {
  let kept = 0;
  for (const id of state.keptUnread) {
    const message = state.messages.get(id);
    if (message?.is_read && !message.deleted) kept += 1;
  }
  return state.unread + kept;
}

/** A thread's messages, the oldest first. */
export function threadOfMessage(messages: State["messages"], id: string): readonly Message[] {
  const opened = messages.get(id);
  if (!opened) return [];
  const thread = threadOf(opened);
  const found = [...messages.values()].filter(
    (each) => threadOf(each) === thread || each.message_id === thread || parentOf(each) === id,
  );
  if (!found.includes(opened)) found.push(opened);
  return found.sort((a, b) => (a.created_at < b.created_at ? -1 : 1));
}

export type Condition = "blocked" | "working" | "waiting" | "idle" | "offline";

/** How it stands with an agent, by what is known of it. */
export function conditionOf(member: Member): Condition {
  if (member.status === "offline" || !member.session_id) return "offline";
  const said = member.agent_status ?? "";
  if (said === "blocked" || said === "stuck") return "blocked";
  if (said === "working") return "working";
  return "idle";
}

const RANK: Readonly<Record<Condition, number>> = {
  blocked: 0,
  working: 1,
  waiting: 2,
  idle: 3,
  offline: 4,
};

/** The agents in slots that stay: the pinned first, then by name. People are none. */
export const agentSlots = remembered(
  (members: State["members"], pinned: State["pinned"]): readonly Member[] =>
    [...members.values()]
      .filter((each) => !isPerson(each.agent_id))
      .sort((a, b) => {
        const byPin = Number(pinned.has(b.agent_id)) - Number(pinned.has(a.agent_id));
        return byPin || a.agent_id.localeCompare(b.agent_id);
      }),
);

export function byCondition(members: readonly Member[]): Readonly<Record<Condition, readonly Member[]>> {
  const found: Record<Condition, Member[]> = {
    blocked: [],
    working: [],
    waiting: [],
    idle: [],
    offline: [],
  };
  for (const each of members) found[conditionOf(each)].push(each);
  return found;
}

export function conditionRank(condition: Condition): number {
  return RANK[condition];
}

/** Something that waits for this person. */
export interface Need {
  readonly key: string;
  readonly what: "failed" | "blocked" | "question" | "mention";
  readonly from: string;
  readonly since: number;
  readonly messageId?: string;
  readonly text: string;
}

const NEED_RANK: Readonly<Record<Need["what"], number>> = {
  question: 0,
  blocked: 1,
  failed: 2,
  mention: 3,
};

/** All that waits for this person: by what it is, then the oldest first. */
export const needs = remembered(
  (
    members: State["members"],
    messages: State["messages"],
    inbox: State["inbox"],
    keptUnread: State["keptUnread"],
    me: State["me"],
    outbox: State["outbox"],
    parked: State["parked"],
  ): readonly Need[] => {
    const found: Need[] = [];
    for (const each of outbox) {
      if (each.state !== "failed") continue;
      found.push({ key: `failed ${each.key}`, what: "failed", from: "", since: each.madeAt, text: each.params.content });
    }
    for (const each of members.values()) {
      if (conditionOf(each) !== "blocked" || parked.has(each.agent_id)) continue;
      const text = each.intent || each.current_task || "";
      const since = moment(each.last_seen);
      found.push({ key: `blocked ${each.agent_id}`, what: "blocked", from: each.agent_id, since, text });
    }
    for (const id of inboxRows(inbox, messages, keptUnread, me, "mentions")) {
      const each = messages.get(id);
      if (!each || !isUnread({ keptUnread }, each)) continue;
      const what = isQuestion(each.body.content) ? "question" : "mention";
      const text = each.body.content;
      found.push({ key: `${what} ${id}`, what, from: each.agent_id, since: moment(each.created_at), messageId: id, text });
    }
    return found.sort((a, b) => NEED_RANK[a.what] - NEED_RANK[b.what] || a.since - b.since);
  },
);

/** Whether a text asks something: one of its first lines or its last one ends with a question mark. */
export function isQuestion(text: string): boolean {
  const lines = text.trim().split("\n").filter((line) => line.trim());
  const ends = [...lines.slice(0, 3), ...lines.slice(-1)];
  return ends.some((line) => /[?？؟](?:["')\]*_`]*)\s*$/.test(line.trim()) || /[?？؟]\s/.test(line));
}

/** Somebody, or a group, with whom there was talk. */
export interface Talk {
  /** `agent NAME`, `group NAME` or `everyone`. */
  readonly key: string;
  readonly name: string;
  readonly isGroup: boolean;
  readonly last: string;
  readonly unread: number;
}

/** The partner of a message, from the view of this person; null where it is none of theirs. */
export function talkOf(message: Message, me: string): { name: string; isGroup: boolean } | null {
  const audience = audienceOf(message);
  const group = audience.groups[0];
  if (group !== undefined) return { name: group, isGroup: true };
  if (audience.everyone) return { name: "everyone", isGroup: true };
  if (message.agent_id !== me) {
    const toMe = audience.agents.some((name) => bare(name) === bare(me)) || audience.roles.includes(bare(me));
    return toMe ? { name: message.agent_id, isGroup: false } : null;
  }
  const name = audience.agents.find((each) => each !== me) ?? audience.roles[0];
  return name === undefined ? null : { name, isGroup: false };
}

export const talks = remembered(
  (
    order: State["order"],
    messages: State["messages"],
    keptUnread: State["keptUnread"],
    me: State["me"],
  ): readonly Talk[] => {
    const found = new Map<string, Talk>();
    for (const id of order) {
      const message = messages.get(id);
      const partner = message && me ? talkOf(message, me.id) : null;
      if (!message || !partner || !me) continue;
      const key = partner.isGroup ? `group ${partner.name}` : `agent ${partner.name}`;
      const unread = message.agent_id !== me.id && isUnread({ keptUnread }, message) ? 1 : 0;
      const known = found.get(key);
      found.set(key, known ? { ...known, unread: known.unread + unread } : { key, ...partner, last: id, unread });
    }
    return [...found.values()];
  },
);

/** The messages of one talk, the oldest first. */
export const talkMessages = remembered(
  (order: State["order"], messages: State["messages"], me: string, name: string, isGroup: boolean): readonly string[] =>
    order
      .filter((id) => {
        const message = messages.get(id);
        const partner = message ? talkOf(message, me) : null;
        return partner?.name === name && partner.isGroup === isGroup;
      })
      .reverse(),
);
