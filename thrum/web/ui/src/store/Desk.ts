/**
 * What this page does with the daemon: comes in, keeps the store true, and carries out what the
 * person asks for. Views call its methods; what comes of them is in the store.
 */
import { remember } from "@/lib/local";
import { drawer, freshKey } from "@/outbox/drawer";
import type { Kept } from "@/outbox/Kept";
import { Outbox, type Drawer } from "@/outbox/Outbox";
import { caller, type Call, type Carrier, type Params } from "@/rpc/client";
import type { Push } from "@/rpc/frames";
import type { Got } from "@/rpc/methods";
import { asRpcError, type RpcError } from "@/rpc/RpcError";
import type { LinkState } from "@/socket/Link";

import type { Me, Message } from "./entities";
import { change, EMPTY_SHELF, put } from "./messages";
import { applyPushes, type Stale } from "./pushes";
import type { State, Toast } from "./state";
import type { Store } from "./store";

export const PAGE = 100;
/** How long one may take back that something was marked as read. */
export const UNDO_MS = 10_000;
const GATHER_MS = 250;
const STRANGER = new Set(["anonymous_caller", "unauthenticated_rpc", "not_allowed", "wrong_transport", "not_logged_in"]);

export class Desk {
  readonly call: Call;
  private outbox: Outbox | null = null;
  private readonly stale = new Set<Stale>();
  private asking: ReturnType<typeof setTimeout> | undefined;
  private readonly toMark = new Set<string>();
  private marking: ReturnType<typeof setTimeout> | undefined;
  private lastToast = 0;

  constructor(
    private readonly store: Store,
    carrier: Carrier,
    private readonly makeDrawer: (owner: string) => Drawer = drawer,
    private readonly now: () => number = Date.now,
  ) {
    this.call = caller(carrier);
  }

  // ---- the connection

  async linkBecame(link: LinkState): Promise<void> {
    const before = this.state.link;
    this.set({ link, linkSince: this.now() });
    if (link === "open" && before !== "silent") await this.enter();
  }

  pushed(pushes: readonly Push[]): void {
    const { state, ask } = applyPushes(this.state, pushes);
    if (state !== this.state) this.store.setState(state, true);
    if (ask.size > 0) this.look(...ask);
  }

  /** Says who this is, and looks at everything. */
  async enter(): Promise<void> {
    try {
      const person = await this.call("user.identify", {});
      const known = await this.call("user.register", {
        username: person.username,
        display: person.display,
      });
      const me: Me = {
        id: known.user_id,
        username: known.username,
        display: known.display_name ?? person.display,
      };
      await this.call("session.start", { agent_id: me.id });
      this.set({ me, access: "granted", trouble: null });
      await this.snapshot();
      await this.openOutbox(me);
    } catch (thrown) {
      this.refused(asRpcError(thrown));
    }
  }

  private refused(error: RpcError): void {
    if (error.isPassing) return; // it is tried again with the next connection
    const trouble = { kind: error.kind, message: error.message, hint: error.hint };
    const access = STRANGER.has(error.kind) ? "stranger" : this.state.access;
    this.set({ trouble, access });
  }

  private async openOutbox(me: Me): Promise<void> {
    const owner = `${this.state.health?.repo_id ?? ""} ${me.id}`;
    if (!this.outbox) {
      this.outbox = new Outbox(this.makeDrawer(owner), this.call, {
        onChange: (outbox) => this.set({ outbox }),
        onSent: (kept, sent) => this.sent(kept, sent.message_id, sent.created_at, sent.thread_id),
      });
      await this.outbox.open();
    }
    await this.outbox.flush();
  }

  // ---- looking

  async snapshot(): Promise<void> {
    const me = this.state.me;
    if (!me) return;
    const [health, team, agents, groups, all, inbox] = await Promise.all([
      this.call("health", {}),
      this.call("team.list", { include_offline: true }),
      this.call("agent.list", {}),
      this.call("group.list", {}),
      this.call("message.list", { page_size: PAGE, sort_order: "desc" }),
      this.call("message.list", { for_agent: me.id, page_size: PAGE, sort_order: "desc" }),
    ]);
    const first = put(EMPTY_SHELF.order.length ? EMPTY_SHELF : this.state, all.messages);
    this.set({
      ...put(first, inbox.messages, true),
      health,
      members: by(team.members, (each) => each.agent_id),
      agents: by(agents.agents, (each) => each.agent_id),
      groups: by(groups.groups, (each) => each.name),
      allTotal: all.total,
      inboxTotal: inbox.total,
      unread: inbox.unread,
      isLoaded: true,
    });
  }

  /** Looks again at what is no longer sure to be true; what comes together is asked once. */
  look(...what: Stale[]): void {
    for (const each of what) this.stale.add(each);
    this.asking ??= setTimeout(() => {
      this.asking = undefined;
      const asked = [...this.stale];
      this.stale.clear();
      void this.lookAt(new Set(asked)).catch((thrown: unknown) => this.refused(asRpcError(thrown)));
    }, GATHER_MS);
  }

  private async lookAt(what: ReadonlySet<Stale>): Promise<void> {
    const me = this.state.me;
    if (!me) return;
    if (what.has("all")) return this.snapshot();
    const jobs: Promise<void>[] = [];
    if (what.has("team")) jobs.push(this.lookAtTeam());
    if (what.has("groups")) {
      jobs.push(
        this.call("group.list", {}).then(({ groups }) => this.set({ groups: by(groups, (each) => each.name) })),
      );
    }
    if (what.has("health")) jobs.push(this.call("health", {}).then((health) => this.set({ health })));
    if (what.has("inbox")) jobs.push(this.lookAtInbox(me));
    await Promise.all(jobs);
  }

  private async lookAtTeam(): Promise<void> {
    const team = await this.call("team.list", { include_offline: true });
    this.set({ members: by(team.members, (each) => each.agent_id, this.state.members) });
  }

  private async lookAtInbox(me: Me): Promise<void> {
    const inbox = await this.call("message.list", { for_agent: me.id, page_size: 20, sort_order: "desc" });
    const queued = inbox.messages.filter((each) => !each.is_read && this.toMark.has(each.message_id)).length;
    const rows = inbox.messages.map((each) => (this.toMark.has(each.message_id) ? { ...each, is_read: true } : each));
    this.set({ ...put(this.state, rows, true), inboxTotal: inbox.total, unread: inbox.unread - queued });
  }

  /** The next older page of the inbox, or of all messages. */
  async loadOlder(which: "inbox" | "all"): Promise<void> {
    const me = this.state.me;
    if (!me) return;
    const have = which === "inbox" ? this.state.inbox.length : this.state.order.length;
    const page = Math.floor(have / PAGE) + 1;
    const older = await this.call("message.list", {
      ...(which === "inbox" ? { for_agent: me.id } : {}),
      page_size: PAGE,
      sort_order: "desc",
      page,
    });
    this.set(put(this.state, older.messages, which === "inbox"));
  }

  /** Has the message and all of its thread in the store. */
  async openThread(id: string): Promise<void> {
    const { message } = await this.call("message.get", { message_id: id });
    const row = rowOf(message, this.state.messages.get(id)?.is_read ?? true);
    this.set(put(this.state, [row]));
    if (!message.thread_id) return;
    const listed = await this.call("message.list", {
      thread_id: message.thread_id,
      page_size: PAGE,
      sort_order: "asc",
    });
    this.set(put(this.state, listed.messages));
  }

  /** Takes rows of some list into the store and gives their ids. */
  async list(params: Params<"message.list">): Promise<{ ids: string[]; total: number }> {
    const listed = await this.call("message.list", { page_size: PAGE, sort_order: "desc", ...params });
    this.set(put(this.state, listed.messages));
    return { ids: listed.messages.map((each) => each.message_id), total: listed.total };
  }

  // ---- sending

  /** Keeps a message and sends it as soon as it can be. */
  async send(params: Params<"message.send">): Promise<string> {
    const key = freshKey();
    const kept: Kept = { key, params, madeAt: this.now(), state: "kept" };
    if (!this.outbox) throw asRpcError(new Error("nobody is known yet to send it"));
    await this.outbox.add(kept);
    return key;
  }

  async retry(key: string): Promise<void> {
    await this.outbox?.retry(key);
  }

  async discard(key: string): Promise<Kept | null> {
    return (await this.outbox?.discard(key)) ?? null;
  }

  async flush(): Promise<void> {
    await this.outbox?.flush();
  }

  /** Puts the message where the row of what was kept has been, in case no push has yet. */
  private sent(kept: Kept, id: string, createdAt: string, thread = ""): void {
    const me = this.state.me;
    if (!me || this.state.messages.has(id)) return;
    const row: Message = {
      message_id: id,
      agent_id: kept.params.acting_as || me.id,
      body: { content: kept.params.content, format: "markdown" },
      created_at: createdAt,
      deleted: false,
      is_read: true,
      refs: (kept.params.mentions ?? []).map((name) => ({ type: "mention", value: name })),
      ...(kept.params.scopes ? { scopes: [...kept.params.scopes] } : {}),
      ...(kept.params.reply_to ? { reply_to: kept.params.reply_to } : {}),
      ...(thread ? { thread_id: thread } : {}),
    };
    this.set(put(this.state, [row]));
    void this.openThread(id).catch(() => undefined); // the next push or snapshot says the same
  }

  async edit(id: string, content: string): Promise<void> {
    const done = await this.call("message.edit", { message_id: id, content });
    this.set(
      change(this.state, [id], (each) => ({
        ...each,
        body: { ...each.body, content },
        updated_at: done.updated_at,
      })),
    );
  }

  async remove(id: string): Promise<void> {
    await this.call("message.delete", { message_id: id });
    this.set(change(this.state, [id], (each) => ({ ...each, deleted: true })));
  }

  // ---- reading

  /** Marks as read here at once; the daemon is told a little later, so that it can be undone. */
  markRead(ids: readonly string[], canUndo = false): void {
    const state = this.state;
    const fresh = ids.filter((id) => {
      const message = state.messages.get(id);
      return message && !message.is_read && !message.deleted;
    });
    const kept = new Set([...state.keptUnread].filter((id) => !ids.includes(id)));
    const wasKept = [...state.keptUnread].filter((id) => ids.includes(id));
    if (fresh.length === 0 && wasKept.length === 0) return;
    const counted = fresh.filter((id) => state.inbox.includes(id)).length;
    for (const id of fresh) this.toMark.add(id);
    this.set({
      ...change(state, fresh, (each) => ({ ...each, is_read: true })),
      keptUnread: kept,
      unread: Math.max(0, state.unread - counted),
    });
    if (canUndo) this.toast(`${fresh.length + wasKept.length} read`, () => this.unmark(fresh, wasKept));
    clearTimeout(this.marking);
    this.marking = setTimeout(() => void this.tellRead(), canUndo ? UNDO_MS : GATHER_MS * 2);
  }

  private unmark(fresh: readonly string[], wasKept: readonly string[]): void {
    const held = fresh.filter((id) => this.toMark.delete(id));
    const told = fresh.filter((id) => !held.includes(id));
    const counted = held.filter((id) => this.state.inbox.includes(id)).length;
    this.set({
      ...change(this.state, held, (each) => ({ ...each, is_read: false })),
      keptUnread: new Set([...this.state.keptUnread, ...wasKept, ...told]),
      unread: this.state.unread + counted,
    });
  }

  /** Shows a message as unread until it is opened again. */
  keepUnread(id: string): void {
    if (this.toMark.has(id)) this.unmark([id], []);
    else this.set({ keptUnread: new Set([...this.state.keptUnread, id]) });
  }

  /** Tells the daemon what was read; also when the page goes away. */
  async tellRead(): Promise<void> {
    clearTimeout(this.marking);
    const ids = [...this.toMark];
    if (ids.length === 0) return;
    try {
      await this.call("message.markRead", { message_ids: ids });
      for (const id of ids) this.toMark.delete(id);
    } catch (thrown) {
      if (!asRpcError(thrown).isPassing) this.toMark.clear();
    }
  }

  // ---- what only this browser knows

  pin(id: string): void {
    this.set({ pinned: toggled(this.state.pinned, id) });
    remember("thrum-pinned", [...this.state.pinned]);
  }

  park(id: string): void {
    this.set({ parked: toggled(this.state.parked, id) });
    remember("thrum-parked", [...this.state.parked]);
  }

  toast(text: string, undo?: () => void): void {
    const id = ++this.lastToast;
    const toast: Toast = undo ? { id, text, undo } : { id, text };
    this.set({ toasts: [...this.state.toasts.slice(-2), toast] });
    setTimeout(() => this.dismiss(id), UNDO_MS);
  }

  dismiss(id: number): void {
    this.set({ toasts: this.state.toasts.filter((each) => each.id !== id) });
  }

  /** Takes back the last thing that can be. */
  undo(): void {
    const last = this.state.toasts.findLast((each) => each.undo);
    if (!last?.undo) return;
    last.undo();
    this.dismiss(last.id);
  }

  private get state(): State {
    return this.store.getState();
  }

  private set(part: Partial<State>): void {
    this.store.setState(part);
  }
}

/** A message in full as a row of a list, where it may be unknown whether it was read. */
function rowOf({ author, metadata, ...rest }: Got["message"], isRead: boolean): Message {
  return {
    ...rest,
    agent_id: author.agent_id,
    session_id: author.session_id,
    deleted: rest.deleted || Boolean(metadata.deleted_at),
    is_read: rest.is_read ?? isRead,
  };
}

function toggled(set: ReadonlySet<string>, id: string): ReadonlySet<string> {
  const next = new Set(set);
  if (!next.delete(id)) next.add(id);
  return next;
}

/** By their names; what is as it was before stays the same object. */
function by<T>(
  things: readonly T[],
  name: (thing: T) => string,
  before: ReadonlyMap<string, T> = new Map(),
): ReadonlyMap<string, T> {
  return new Map(
    things.map((thing) => {
      const old = before.get(name(thing));
      const isSame = old !== undefined && JSON.stringify(old) === JSON.stringify(thing);
      return [name(thing), isSame ? old : thing];
    }),
  );
}
