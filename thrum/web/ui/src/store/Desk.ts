/**
 * What this page does with the daemon: comes in, keeps the store true, and carries out what the
 * person asks for. Views call its methods; what comes of them is in the store.
 */
import { remember } from "@/lib/local";
import { drawer, freshKey } from "@/outbox/drawer";
import type { Kept } from "@/outbox/Kept";
import { Outbox, type Drawer } from "@/outbox/Outbox";
import { caller, type Call, type Carrier, type Params, type Result } from "@/rpc/client";
import { asRpcError, RpcError } from "@/rpc/RpcError";
import type { LinkState } from "@/socket/Link";

import type { Me, Message } from "./entities";
import { Looking } from "./Looking";
import { change, put } from "./messages";
import { Reading, UNDO_MS } from "./Reading";
import type { State, Toast } from "./state";
import type { Store } from "./store";

/** Refusals that say that nobody knows whose page this is. */
const STRANGER: ReadonlySet<string> = new Set(["anonymous_caller", "unauthenticated", "not_allowed", "not_found"]);

export class Desk {
  readonly call: Call;
  readonly looking: Looking;
  private readonly reading: Reading;
  private outbox: Outbox | null = null;
  private lastToast = 0;

  constructor(
    private readonly store: Store,
    carrier: Carrier,
    private readonly makeDrawer: (owner: string) => Drawer = drawer,
    private readonly now: () => number = Date.now,
  ) {
    this.call = caller(carrier);
    this.looking = new Looking(store, this.call, (thrown) => this.refused(asRpcError(thrown)));
    this.reading = new Reading(store, this.call, now);
  }

  async linkBecame(link: LinkState): Promise<void> {
    const before = this.state.link;
    this.set({ link, linkSince: this.now() });
    if (link === "open" && before !== "silent") await this.enter();
  }

  /** Says who this is, knows what happened meanwhile, and does what was left to do. */
  async enter(): Promise<void> {
    try {
      const [me, health] = await Promise.all([this.register(), this.call("health", {})]);
      // Whoever is told that they are known may send at once.
      this.outbox ??= this.outboxOf(`${health.repo_id} ${me.id}`);
      this.set({ me, health, access: "granted", trouble: null });
      await this.looking.catchUp();
      await this.outbox.flush();
      await this.reading.tell();
    } catch (thrown) {
      this.refused(asRpcError(thrown));
    }
  }

  private async register(): Promise<Me> {
    const person = await this.call("user.identify", {});
    const known = await this.call("user.register", { username: "", display: person.display });
    const open = await this.call("session.list", { agent_id: known.user_id, active_only: true, limit: 1 });
    // Each page, and each connection of it, is the same person at work: one session is enough.
    if (open.sessions.length === 0) await this.call("session.start", { agent_id: known.user_id });
    return { id: known.user_id, username: known.username, display: known.display_name ?? person.display };
  }

  private refused(error: RpcError): void {
    if (error.isPassing) return; // it is tried again with the next connection
    const trouble = { kind: error.kind, message: error.message, hint: error.hint };
    const isStranger = !this.state.me && STRANGER.has(error.kind);
    this.set({ trouble, access: isStranger ? "stranger" : this.state.access });
  }

  private outboxOf(owner: string): Outbox {
    return new Outbox(this.makeDrawer(owner), this.call, {
      onChange: (outbox) => this.set({ outbox }),
      onSent: (kept, sent) => this.sent(kept, sent),
    });
  }

  /** Writes a message down, and sends it as soon as it can be. Rejects where it is not written down. */
  async send(params: Params<"message.send">): Promise<void> {
    const kept: Kept = { key: freshKey(), params, madeAt: this.now(), state: "kept" };
    if (!this.outbox) throw new RpcError("lost", "nobody is known yet to send it");
    await this.outbox.add(kept);
    this.outbox.flush().catch((thrown: unknown) => this.toast(String(thrown)));
  }

  async retry(key: string): Promise<void> {
    await this.outbox?.retry(key);
  }

  async discard(key: string): Promise<void> {
    await this.outbox?.discard(key);
  }

  /** Puts the message where the row of what was kept has been, in case no push has yet. */
  private sent({ params }: Kept, sent: Result<"message.send">): void {
    const me = this.state.me;
    const known = this.state.messages.get(sent.message_id);
    if (!me) return;
    const row: Message = known ?? {
      message_id: sent.message_id,
      agent_id: params.acting_as || me.id,
      body: { content: params.content, format: "markdown" },
      created_at: sent.created_at,
      deleted: false,
      is_read: true,
      audiences: sent.audiences ?? null,
      reply_to: params.reply_to ?? "",
      thread_id: sent.thread_id ?? "",
    };
    this.set(put(this.state, [{ ...row, recipients: sent.recipients ?? [] }]));
    for (const warning of sent.warnings ?? []) this.toast(warning);
  }

  async edit(id: string, content: string): Promise<void> {
    const { updated_at } = await this.call("message.edit", { message_id: id, content });
    this.set(change(this.state, [id], (each) => ({ ...each, body: { ...each.body, content }, updated_at })));
  }

  async remove(id: string): Promise<void> {
    await this.call("message.delete", { message_id: id });
    this.set(change(this.state, [id], (each) => ({ ...each, deleted: true })));
  }

  markRead(ids: readonly string[], canUndo = false): void {
    const before = this.state.marking.size;
    const undo = this.reading.mark(ids, canUndo);
    if (undo && canUndo) this.toast(`${Math.max(this.state.marking.size - before, 1)} read`, undo);
  }

  keepUnread(id: string): void {
    this.reading.keep(id);
  }

  async tellRead(): Promise<void> {
    await this.reading.tell();
  }

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

function toggled(set: ReadonlySet<string>, id: string): ReadonlySet<string> {
  const next = new Set(set);
  if (!next.delete(id)) next.add(id);
  return next;
}
