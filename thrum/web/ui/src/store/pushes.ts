/** Pushes of the daemon as changes of the state. What is not understood changes nothing. */
import { isRecord, type Push } from "@/rpc/frames";
import type { Pushes } from "@/rpc/methods";

import { audienceOf, type Counts, type Group, type Me, type Message } from "./entities";
import { isShown } from "./claims";
import { change, put } from "./messages";
import type { State } from "./state";

export interface Applied {
  readonly state: State;
  /** What the pushes told too little of, to be asked for once. */
  readonly ask: ReadonlySet<Stale>;
}

export type Stale = "inbox" | "team" | "work" | "claims" | "groups" | "health" | "all";

type Handler<P> = (state: State, params: P) => readonly [State, ...Stale[]];
type Handlers = { readonly [M in keyof Pushes]?: Handler<Pushes[M]> };

/** Whether it came to this person; null where that depends on who is in a group. */
export function isToMe(message: Message, me: Me): boolean | null {
  if (message.agent_id === me.id) return false;
  const audience = audienceOf(message);
  const mine = new Set([me.id, me.username]);
  if (audience.everyone || audience.agents.some((name) => mine.has(name))) return true;
  if (audience.roles.some((name) => mine.has(name))) return true;
  return audience.groups.length > 0 ? null : false;
}

const counts = (message: Message | undefined): boolean =>
  message !== undefined && !message.is_read && !message.deleted;

/** The state with a message in it, and the numbers as they are then. */
export function withMessage(state: State, message: Message, toMe: boolean): State {
  const before = state.messages.get(message.message_id);
  const isNewHere = toMe && !state.inbox.includes(message.message_id);
  const shelf = put(state, [message], toMe);
  if (shelf === state) return state;
  const more = Number(toMe && counts(message)) - Number(toMe && !isNewHere && counts(before));
  return {
    ...state,
    ...shelf,
    counts: more === 0 ? state.counts : { ...state.counts, inbox: Math.max(0, state.counts.inbox + more) },
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

const message: Handler<{ readonly row?: Message | null }> = (state, { row }) => {
  if (!row || !state.me) return [state, "all"];
  const toMe = state.inbox.includes(row.message_id) || isToMe(row, state.me);
  const next = withThread(withMessage(state, row, toMe === true), row);
  return toMe === null ? [next, "inbox"] : [next];
};

/** The same numbers but for those that are told anew; one that is 0 is told no more. */
function recount(before: Readonly<Record<string, number>>, told: Readonly<Record<string, number>>): Readonly<Record<string, number>> {
  return Object.fromEntries(Object.entries({ ...before, ...told }).filter(([, count]) => count > 0));
}

const HANDLERS: Handlers = {
  "notification.message": message,
  "notification.message.deleted": message,
  "notification.counts": (state, told) => {
    const before = told.whole ? { groups: {}, partners: {} } : state.counts;
    const next: Counts = {
      inbox: told.inbox,
      mentions: told.mentions,
      groups: recount(before.groups, told.groups),
      partners: recount(before.partners, told.partners),
    };
    return [{ ...state, counts: next }];
  },
  "notification.receipt": (state, told) => {
    const ids = told.messages.map((each) => each.message_id);
    if (told.agent_id === state.me?.id) {
      const shelf = change(state, ids, (each) => (each.is_read ? each : { ...each, is_read: true }));
      const marking = new Set([...state.marking].filter((id) => !ids.includes(id)));
      return [{ ...state, ...shelf, marking: marking.size === state.marking.size ? state.marking : marking }];
    }
    const by = new Map(told.messages.map((each) => [each.message_id, each.recipient]));
    const shelf = change(state, ids, (each) => {
      const fresh = by.get(each.message_id);
      if (!fresh || !each.recipients?.some((one) => one.agent_id === fresh.agent_id)) return each;
      return { ...each, recipients: each.recipients.map((one) => (one.agent_id === fresh.agent_id ? fresh : one)) };
    });
    return [shelf === state ? state : { ...state, ...shelf }];
  },
  "notification.agent": (state, { agent_id, agent }) => {
    const agents = new Map(state.agents);
    if (agent) agents.set(agent_id, agent);
    else agents.delete(agent_id);
    return [{ ...state, agents }];
  },
  "notification.now": (state, { agent_id, row }) => {
    const members = new Map(state.members);
    if (row) members.set(agent_id, row);
    else members.delete(agent_id);
    return [{ ...state, members }];
  },
  "notification.work": (state, { agent_id, contexts: [latest] }) => {
    const contexts = new Map(state.contexts);
    if (latest) contexts.set(agent_id, latest);
    else contexts.delete(agent_id);
    return [{ ...state, contexts }];
  },
  "notification.claim": (state, { claim }) => {
    const claims = new Map(state.claims);
    if (isShown(claim)) claims.set(claim.claim_id, claim);
    else claims.delete(claim.claim_id);
    return [{ ...state, claims }];
  },
  "notification.prompts": (state, { prompts }) => [{ ...state, prompts }],
  "notification.monitors": (state, { monitors }) => [{ ...state, monitors }],
  "notification.sync": (state, told) => [{ ...state, sync: told }],
  "notification.group": (state, { group_id, group }) => {
    const others = [...state.groups].filter(([, each]) => each.group_id !== group_id);
    const entry: [string, Group][] = group ? [[group.name, group]] : [];
    return [{ ...state, groups: new Map([...others, ...entry]) }];
  },
  "notification.reset": (state) => [state, "all"],
};

function isTold(method: string): method is keyof Pushes {
  return Object.hasOwn(HANDLERS, method);
}

/** All pushes of one frame, as one change. */
export function applyPushes(state: State, pushes: readonly Push[]): Applied {
  const ask = new Set<Stale>();
  let next = state;
  for (const push of pushes) {
    if (!isTold(push.method) || !isRecord(push.params)) continue;
    // The daemon pushes what its table says, from which the types are made.
    const handler = HANDLERS[push.method] as Handler<Push["params"]> | undefined;
    const [changed, ...asked] = handler?.(next, push.params) ?? [next];
    const cursor = push.params["cursor"];
    next = typeof cursor === "string" && cursor && cursor !== changed.cursor ? { ...changed, cursor } : changed;
    for (const each of asked) ask.add(each);
  }
  return { state: next, ask };
}
