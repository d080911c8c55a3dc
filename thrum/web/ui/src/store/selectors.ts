/** What views ask of the state. Lists are of ids or of objects that keep their identity. */
import { bare } from "@/lib/names";
import { moment } from "@/lib/time";

import { audienceOf, parentOf, threadOf, type Member, type Prompt, type Message } from "./entities";
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

/** What unread mail depends on. */
export type Reading = Pick<State, "inbox" | "keptUnread" | "marking">;

const asSet = remembered((ids: readonly string[]): ReadonlySet<string> => new Set(ids));

/** Whether a message waits to be read by this person; what others were sent never does. */
export function isUnread(reading: Reading, message: Message): boolean {
  const id = message.message_id;
  if (message.deleted || !asSet(reading.inbox).has(id)) return false;
  return (!message.is_read && !reading.marking.has(id)) || reading.keptUnread.has(id);
}

export type InboxTab = "all" | "unread" | "mentions";

type Rows = (inbox: State["inbox"], messages: State["messages"], keptUnread: State["keptUnread"], marking: State["marking"], me: State["me"]) => readonly string[];

const ROWS: Readonly<Record<InboxTab, Rows>> = {
  all: (inbox) => inbox,
  unread: remembered<Parameters<Rows>, readonly string[]>((inbox, messages, keptUnread, marking) =>
    inbox.filter((id) => {
      const message = messages.get(id);
      return message !== undefined && isUnread({ inbox, keptUnread, marking }, message);
    }),
  ),
  mentions: remembered<Parameters<Rows>, readonly string[]>((inbox, messages, _kept, _marking, me) =>
    inbox.filter((id) => {
      const message = messages.get(id);
      const named = message && !message.deleted ? audienceOf(message).agents : [];
      return me !== null && named.some((name) => bare(name) === me.username);
    }),
  ),
};

/** The rows of a tab of the inbox, the newest first. */
export function inboxRows(state: Pick<State, "inbox" | "messages" | "keptUnread" | "marking" | "me">, tab: InboxTab): readonly string[] {
  return ROWS[tab](state.inbox, state.messages, state.keptUnread, state.marking, state.me);
}

/** The number beside the inbox, in the title and on its tab: always the same one. */
export function unreadCount(state: State): number {
  if (state.markingUntil) return ROWS.unread(state.inbox, state.messages, state.keptUnread, state.marking, state.me).length;
  let count = state.counts.inbox;
  const seen = asSet(state.inbox);
  for (const id of new Set([...state.marking, ...state.keptUnread])) {
    const message = state.messages.get(id);
    if (!message || message.deleted || !seen.has(id)) continue;
    count += Number(isUnread(state, message)) - Number(!message.is_read);
  }
  return Math.max(count, 0);
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

export const CONDITIONS = ["waiting", "blocked", "working", "idle", "live", "offline"] as const;
export type Condition = (typeof CONDITIONS)[number];

/** How it stands with an agent, as the daemon sees it. */
export function conditionOf(member: Member): Condition {
  return CONDITIONS.find((each) => each === member.state) ?? "live";
}

/** The agents in slots that stay: the pinned first, then by name. */
export const agentSlots = remembered(
  (members: State["members"], pinned: State["pinned"]): readonly Member[] =>
    [...members.values()]
      .sort((a, b) => {
        const byPin = Number(pinned.has(b.agent_id)) - Number(pinned.has(a.agent_id));
        return byPin || a.agent_id.localeCompare(b.agent_id);
      }),
);

export function byCondition(members: readonly Member[]): Readonly<Record<Condition, readonly Member[]>> {
  const found: Record<Condition, Member[]> = { waiting: [], blocked: [], working: [], idle: [], live: [], offline: [] };
  for (const each of members) found[conditionOf(each)].push(each);
  return found;
}

/** Something that waits for this person. */
export interface Need {
  readonly key: string;
  readonly what: "waiting" | "failed" | "blocked" | "question" | "mention";
  readonly from: string;
  readonly since: number;
  readonly messageId?: string;
  readonly text: string;
  /** What leave is asked for, where that can be answered here. */
  readonly prompt?: Prompt;
}

const NEED_RANK: Readonly<Record<Need["what"], number>> = {
  waiting: 0,
  question: 1,
  blocked: 2,
  failed: 3,
  mention: 4,
};

const gathered = remembered(
  (
    members: State["members"],
    messages: State["messages"],
    inbox: State["inbox"],
    keptUnread: State["keptUnread"],
    marking: State["marking"],
    me: State["me"],
    outbox: State["outbox"],
    parked: State["parked"],
    prompts: State["prompts"],
  ): readonly Need[] => {
    const found: Need[] = [];
    for (const each of outbox) {
      if (each.state !== "failed") continue;
      found.push({ key: `failed ${each.key}`, what: "failed", from: "", since: each.madeAt, text: each.params.content });
    }
    for (const prompt of prompts) {
      const text = `${prompt.tool ?? ""} ${prompt.details ?? ""}`;
      found.push({ key: `prompt ${prompt.id}`, what: "waiting", from: prompt.agent_id, since: moment(prompt.since), text, prompt });
    }
    for (const each of members.values()) {
      const what = conditionOf(each);
      if ((what !== "blocked" && what !== "waiting") || parked.has(each.agent_id) || prompts.some((prompt) => prompt.agent_id === each.agent_id)) continue;
      const text = each.intent || each.current_task || "";
      const since = moment(each.since || each.last_seen);
      found.push({ key: `${what} ${each.agent_id}`, what, from: each.agent_id, since, text });
    }
    for (const id of inboxRows({ inbox, messages, keptUnread, marking, me }, "mentions")) {
      const each = messages.get(id);
      if (!each || !isUnread({ inbox, keptUnread, marking }, each)) continue;
      const what = isQuestion(each.body.content) ? "question" : "mention";
      const text = each.body.content;
      found.push({ key: `${what} ${id}`, what, from: each.agent_id, since: moment(each.created_at), messageId: id, text });
    }
    return found.sort((a, b) => NEED_RANK[a.what] - NEED_RANK[b.what] || a.since - b.since);
  },
);

/** All that waits for this person: by what it is, then the oldest first. */
export function needs(state: State): readonly Need[] {
  const { members, messages, inbox, keptUnread, marking, me, outbox, parked, prompts } = state;
  return gathered(members, messages, inbox, keptUnread, marking, me, outbox, parked, prompts);
}

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
    inbox: State["inbox"],
    keptUnread: State["keptUnread"],
    marking: State["marking"],
    me: State["me"],
  ): readonly Talk[] => {
    const found = new Map<string, Talk>();
    for (const id of order) {
      const message = messages.get(id);
      const partner = message && me ? talkOf(message, me.id) : null;
      if (!message || !partner) continue;
      const key = partner.isGroup ? `group ${partner.name}` : `agent ${partner.name}`;
      const unread = Number(isUnread({ inbox, keptUnread, marking }, message));
      const known = found.get(key);
      found.set(key, known ? { ...known, unread: known.unread + unread } : { key, ...partner, last: id, unread });
    }
    return [...found.values()];
  },
);

type TalkRows = (order: State["order"], messages: State["messages"]) => readonly string[];

/** One for each talk, since several of them are on the page at once. */
const talkRows = new Map<string, TalkRows>();

/** The messages of one talk, the oldest first. */
export function talkMessages(order: State["order"], messages: State["messages"], me: string, name: string, isGroup: boolean): readonly string[] {
  const key = [me, name, isGroup].join("\n");
  const known = talkRows.get(key);
  const rows =
    known ??
    remembered<Parameters<TalkRows>, readonly string[]>((all, by) =>
      all
        .filter((id) => {
          const message = by.get(id);
          const partner = message ? talkOf(message, me) : null;
          return partner?.name === name && partner.isGroup === isGroup;
        })
        .reverse(),
    );
  if (!known) talkRows.set(key, rows);
  return rows(order, messages);
}
