/** What this page asks the daemon to know: all of it at first, then what it missed, then older pages. */
import type { Call, Params, Result } from "@/rpc/client";
import type { Push } from "@/rpc/frames";
import { asRpcError } from "@/rpc/RpcError";

import { isShown } from "./claims";
import type { Message } from "./entities";
import { EMPTY_SHELF, put } from "./messages";
import { applyPushes, isToMe, type Stale } from "./pushes";
import type { State } from "./state";
import type { Store } from "./store";
import { trimmed, type Reached } from "./trimmed";

export const PAGE = 100;
/** What is asked for within this time is asked for once. */
const GATHER_MS = 250;

export class Looking {
  private readonly stale = new Set<Stale>();
  private timer: ReturnType<typeof setTimeout> | undefined;
  /** How far back one has come without a gap. */
  private reached: Reached = { all: undefined, inbox: undefined };
  private readonly walking = new Set<"inbox" | "all">();
  private readonly held = new Set<() => readonly string[]>();
  /** Something is missed that pushes do not tell of; so they do not say how far one has come. */
  private isBehind = true;

  constructor(
    private readonly store: Store,
    private readonly call: Call,
    private readonly onTrouble: (thrown: unknown) => void,
    /** What somebody's page or program asked for by a name of its own came to be. */
    private readonly onTaken: (clientId: string) => void = () => undefined,
  ) {}

  /** Takes in pushes, and looks at what they tell too little of. */
  take(pushes: readonly Push[]): void {
    const { cursor } = this.state;
    const { state, ask } = applyPushes(this.state, pushes);
    if (state !== this.state) this.store.setState(this.isBehind ? { ...state, cursor } : state, true);
    for (const { params } of pushes) {
      if (typeof params["client_id"] === "string") this.onTaken(params["client_id"]);
    }
    this.trim();
    if (ask.size > 0) this.look(...ask);
  }

  /** Keeps messages while somebody looks at them; gives what ends that. */
  hold(shown: () => readonly string[]): () => void {
    this.held.add(shown);
    return () => this.held.delete(shown);
  }

  private trim(): void {
    const held = new Set([...this.held].flatMap((shown) => shown()));
    const less = trimmed(this.state, this.reached, held);
    if (!less) return;
    this.reached = less.reached;
    this.set({ ...less.shelf, hasOlder: less.hasOlder });
  }

  /** There is another connection: its pushes tell nothing of what happened before it. */
  fallBehind(): void {
    this.isBehind = true;
  }

  /** Knows all that happened while there was no connection. */
  async catchUp(): Promise<void> {
    if (!this.state.cursor || !this.state.isLoaded) return this.snapshot();
    try {
      await this.missed();
    } catch (thrown) {
      if (asRpcError(thrown).kind !== "stale_cursor") throw thrown;
      await this.snapshot();
      return;
    }
    this.stale.add("team");
    await this.lookAgain();
  }

  private async missed(): Promise<void> {
    this.fallBehind();
    for (;;) {
      const { pushes, cursor, more } = await this.call("events.since", { cursor: this.state.cursor });
      this.take(pushes);
      this.set({ cursor });
      if (!more) break;
    }
    this.isBehind = false;
  }

  async snapshot(): Promise<void> {
    const me = this.state.me;
    if (!me) return;
    // First what there is, and where that is: what happens meanwhile is told once more.
    const now = await this.call("now.list", {});
    const [health, { prompts }, agents, groups, all, inbox, counts] = await Promise.all([
      this.call("health", {}),
      this.call("prompt.list", {}),
      this.call("agent.list", {}),
      this.call("group.list", {}),
      this.call("message.page", { limit: PAGE }),
      this.call("message.page", { inbox: true, limit: PAGE }),
      this.call("inbox.counts", {}),
    ]);
    this.reached = { all: all.messages[0]?.message_id, inbox: inbox.messages[0]?.message_id };
    this.set({
      ...put(put(EMPTY_SHELF, all.messages), inbox.messages, true),
      health,
      prompts,
      members: by(now.agents, (each) => each.agent_id, this.state.members),
      agents: by(agents.agents, (each) => each.agent_id),
      groups: by(groups.groups, (each) => each.name),
      hasOlder: { all: all.older, inbox: inbox.older },
      counts,
      cursor: now.cursor,
      isLoaded: true,
    });
    // What was pushed meanwhile may be newer than what was answered, and went with what there was.
    await this.missed();
  }

  /** Looks again at what is no longer sure to be true. */
  look(...what: Stale[]): void {
    for (const each of what) this.stale.add(each);
    this.timer ??= setTimeout(() => {
      this.timer = undefined;
      this.lookAgain().catch(this.onTrouble);
    }, GATHER_MS);
  }

  /** Looks at all that is not sure to be true; what cannot be looked at for a while is looked at later. */
  async lookAgain(): Promise<void> {
    const asked = new Set(this.stale);
    this.stale.clear();
    try {
      await this.lookAt(asked);
    } catch (thrown) {
      if (asRpcError(thrown).isPassing) for (const each of asked) this.stale.add(each);
      throw thrown;
    }
  }

  private async lookAt(what: ReadonlySet<Stale>): Promise<void> {
    if (!this.state.me) return;
    if (what.has("all")) return this.snapshot();
    const jobs: Promise<void>[] = [];
    if (what.has("team")) jobs.push(this.team());
    if (what.has("work")) jobs.push(this.work());
    if (what.has("claims")) jobs.push(this.claims());
    if (what.has("inbox")) jobs.push(this.inbox());
    if (what.has("health")) jobs.push(this.call("health", {}).then((health) => this.set({ health })));
    if (what.has("groups")) jobs.push(this.groups());
    await Promise.all(jobs);
  }

  private async team(): Promise<void> {
    const { agents } = await this.call("now.list", {});
    this.set({ members: by(agents, (each) => each.agent_id, this.state.members) });
  }

  private async work(): Promise<void> {
    const { contexts } = await this.call("agent.listContext", {});
    this.set({ contexts: by(contexts, (each) => each.agent_id, this.state.contexts) });
  }

  private async claims(): Promise<void> {
    const { claims } = await this.call("claim.list", { all: true });
    this.set({ claims: by(claims.filter(isShown), (each) => each.claim_id, this.state.claims) });
  }

  private async groups(): Promise<void> {
    const { groups } = await this.call("group.list", {});
    this.set({ groups: by(groups, (each) => each.name) });
  }

  private async inbox(): Promise<void> {
    const [inbox, counts] = await Promise.all([
      this.call("message.page", { inbox: true, limit: 20 }),
      this.call("inbox.counts", {}),
    ]);
    this.set({ ...put(this.state, inbox.messages, true), counts });
  }

  /** The next older page of the inbox, or of all messages; one at a time. */
  async older(which: "inbox" | "all"): Promise<void> {
    const before = this.reached[which];
    if (!before || !this.state.hasOlder[which] || this.walking.has(which)) return;
    this.walking.add(which);
    try {
      const page = await this.call("message.page", { before, limit: PAGE, ...(which === "inbox" ? { inbox: true } : {}) });
      this.reached = { ...this.reached, [which]: page.messages[0]?.message_id ?? before };
      const hasOlder = { ...this.state.hasOlder, [which]: page.older };
      this.set({ ...put(this.state, page.messages, which === "inbox"), hasOlder });
    } finally {
      this.walking.delete(which);
    }
  }

  /** The newest of a talk, or those before a message; whether there are older ones. */
  async talk(name: string, isGroup: boolean, before?: string): Promise<boolean> {
    const which = isGroup ? { group: name } : { partner: name };
    const page = await this.call("message.page", { ...which, limit: PAGE, ...(before ? { before } : {}) });
    this.keep(page.messages);
    return page.older;
  }

  /** Has the message and the newest of its thread in the store. */
  async thread(id: string): Promise<void> {
    const { message } = await this.call("message.get", { message_id: id });
    const row = rowOf(message, this.state.messages.get(id)?.is_read ?? true);
    this.set(put(this.state, [row]));
    if (!message.thread_id) return;
    const page = await this.call("message.page", { thread_id: message.thread_id, limit: PAGE });
    this.keep(page.messages);
  }

  /** Takes in what was asked for by something else than the inbox, and knows what of it came here. */
  private keep(rows: readonly Message[]): void {
    const me = this.state.me;
    const mine = rows.filter((row) => me !== null && isToMe(row, me) === true);
    this.set(put(put(this.state, rows), mine, true));
  }

  /** Takes rows of some list into the store and gives their ids. */
  async list(params: Params<"message.list">): Promise<{ ids: string[]; total: number }> {
    const listed = await this.call("message.list", { page_size: PAGE, sort_order: "desc", ...params });
    return { ids: this.shelve(listed.messages), total: listed.total };
  }

  /** Takes a page of some list into the store and gives its ids, the newest first; marks nothing as read. */
  async page(params: Params<"message.page">): Promise<{ ids: string[]; hasOlder: boolean }> {
    const { messages, older } = await this.call("message.page", params);
    return { ids: this.shelve(messages).reverse(), hasOlder: older };
  }

  /** Takes in what lists of others have, and gives the ids: it may be read for them, and unread for this person. */
  private shelve(messages: readonly Message[]): string[] {
    this.set(put(this.state, messages.map((row) => ({ ...row, is_read: this.state.messages.get(row.message_id)?.is_read ?? row.is_read }))));
    return messages.map((each) => each.message_id);
  }

  private get state(): State {
    return this.store.getState();
  }

  private set(part: Partial<State>): void {
    this.store.setState(part);
  }
}

/** A message in full as a row of a list, where it may be unknown whether it was read. */
function rowOf({ author, metadata, ...rest }: Result<"message.get">["message"], isRead: boolean): Message {
  return {
    ...rest,
    agent_id: author.agent_id,
    session_id: author.session_id,
    deleted: rest.deleted || Boolean(metadata.deleted_at),
    is_read: rest.is_read ?? isRead,
  };
}

/** By their names, of several of a name the first; what is as it was before stays the same object. */
function by<T>(things: readonly T[], name: (thing: T) => string, before: ReadonlyMap<string, T> = new Map()): ReadonlyMap<string, T> {
  const found = new Map<string, T>();
  for (const thing of things) {
    const key = name(thing);
    const old = before.get(key);
    const isSame = old !== undefined && JSON.stringify(old) === JSON.stringify(thing);
    if (!found.has(key)) found.set(key, isSame ? old : thing);
  }
  return found;
}
