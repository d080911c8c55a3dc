/** Pushes of the daemon as changes of the state. What is not understood changes nothing. */
import { isRecord, type Push } from "@/rpc/frames";

import { audienceOf, type Me, type Member, type Message } from "./entities";
import { change, put } from "./messages";
import type { State } from "./state";

export interface Applied {
  readonly state: State;
  /** What the pushes told too little of, to be asked for once. */
  readonly ask: ReadonlySet<Stale>;
}

export type Stale = "inbox" | "team" | "groups" | "health" | "all";

type Handler = (state: State, params: Readonly<Record<string, unknown>>) => readonly [State, ...Stale[]];

/** A row as the daemon shows it, or null where a push has none (an older daemon). */
function rowOf(params: Readonly<Record<string, unknown>>): Message | null {
  const row = params["row"];
  if (!isRecord(row) || typeof row["message_id"] !== "string" || !isRecord(row["body"])) return null;
  return row as unknown as Message; // by the method table, which the daemon is built from
}

/** Whether it came to this person; null where that depends on who is in a group. */
export function isToMe(message: Message, me: Me): boolean | null {
  if (message.agent_id === me.id) return false;
  const audience = audienceOf(message);
  const mine = new Set([me.id, me.username]);
  if (audience.everyone || audience.agents.some((name) => mine.has(name))) return true;
  if (audience.roles.some((name) => mine.has(name))) return true;
  return audience.groups.length > 0 ? null : false;
}

const isUnread = (message: Message | undefined): boolean =>
  message !== undefined && !message.is_read && !message.deleted;

/** The state with a message in it, and the counts as they are then. */
export function withMessage(state: State, message: Message, toMe: boolean): State {
  const isNew = !state.messages.has(message.message_id);
  const isNewHere = toMe && !state.inbox.includes(message.message_id);
  const before = state.messages.get(message.message_id);
  const shelf = put(state, [message], toMe);
  if (shelf === state) return state;
  const wasCounted = !isNewHere && toMe && isUnread(before);
  const counts = toMe && isUnread(message);
  return {
    ...state,
    ...shelf,
    allTotal: state.allTotal + (isNew ? 1 : 0),
    inboxTotal: state.inboxTotal + (isNewHere ? 1 : 0),
    unread: Math.max(0, state.unread + (counts ? 1 : 0) - (wasCounted ? 1 : 0)),
  };
}

/** The parent of an answer learns the thread that the answer began. */
function withThread(state: State, message: Message): State {
  const thread = message.thread_id;
  if (!thread || !message.reply_to) return state;
  const shelf = change(state, [message.reply_to], (parent) =>
    parent.thread_id ? parent : { ...parent, thread_id: thread },
  );
  return shelf === state ? state : { ...state, ...shelf };
}

/** The author of a message has just been seen, and said something. */
function withSeen(state: State, message: Message): State {
  const member = state.members.get(message.agent_id);
  if (!member || (member.last_seen ?? "") >= message.created_at) return state;
  const next: Member = { ...member, last_seen: message.created_at };
  return { ...state, members: new Map(state.members).set(next.agent_id, next) };
}

const message: Handler = (state, params) => {
  const row = rowOf(params);
  if (!row || !state.me) return [state, "all"];
  const toMe = state.inbox.includes(row.message_id) || isToMe(row, state.me);
  const next = withSeen(withThread(withMessage(state, row, toMe === true), row), row);
  return toMe === null ? [next, "inbox"] : [next];
};

function stale(...what: Stale[]): Handler {
  return (state) => [state, ...what];
}

const HANDLERS: Readonly<Record<string, Handler>> = {
  "notification.message": message,
  "notification.message.deleted": message,
  "notification.reset": stale("all"),
  "notification.agent": stale("team"),
  "notification.session": stale("team"),
  "notification.work": stale("team"),
  "notification.group": stale("groups"),
  "notification.sync": stale("health"),
  "notification.health": stale("health"),
  "notification.receipt": stale("inbox", "team"),
};

/** All pushes of one frame, as one change. */
export function applyPushes(state: State, pushes: readonly Push[]): Applied {
  const ask = new Set<Stale>();
  let next = state;
  for (const push of pushes) {
    const handler = HANDLERS[push.method];
    if (!handler) continue;
    const [changed, ...asked] = handler(next, push.params);
    next = changed;
    for (const each of asked) ask.add(each);
  }
  return { state: next, ask };
}
