/**
 * What this page does with the daemon: comes in, keeps the store true, and carries out what the
 * person asks for. Views call its methods; what comes of them is in the store.
 */
import { remember } from "@/lib/local";
import { drawers, freshKey, type Drawers } from "@/outbox/drawer";
import type { Kept } from "@/outbox/Kept";
import { Outbox } from "@/outbox/Outbox";
import { caller, type Call, type Carrier, type Params, type Result } from "@/rpc/client";
import { asRpcError, RpcError } from "@/rpc/RpcError";
import { pause } from "@/socket/backoff";
import type { LinkState } from "@/socket/Link";
import { t } from "@/text/en";

import type { Me, Message } from "./entities";
import { Looking } from "./Looking";
import { change, put } from "./messages";
import { Reading, UNDO_MS } from "./Reading";
import { unreadCount } from "./selectors";
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
  /** How many are coming in, for the connection may go meanwhile. */
  private entering = 0;
  private isIn = false;
  private again: ReturnType<typeof setTimeout> | undefined;
  private failures = 0;
  private readonly leaving = new Map<string, ReturnType<typeof setTimeout>>();

  constructor(
    private readonly store: Store,
    carrier: Carrier,
    private readonly makeDrawers: (owner: string) => Drawers = drawers,
    private readonly now: () => number = Date.now,
  ) {
    this.call = caller({
      request: (method, params) =>
        carrier.request(method, params).catch((thrown: unknown) => {
          this.tryAgainAfter(asRpcError(thrown));
          throw thrown;
        }),
    });
    this.looking = new Looking(
      store,
      this.call,
      (thrown) => this.refused(asRpcError(thrown)),
      (key) => void this.outbox?.taken(key).catch(() => undefined), // it is sent once more, and taken once
    );
    this.reading = new Reading(store, this.call, now);
  }

  async linkBecame(link: LinkState): Promise<void> {
    const before = this.state.link;
    this.set({ link, linkSince: this.now() });
    if (link === "lost") this.isIn = false;
    if (link !== "open" || before === "silent") return;
    this.looking.fallBehind();
    await this.enter();
  }

  /**
   * What was refused in passing over a connection that stays is tried again a little later: a
   * daemon that stood still, or was busy, says nothing when it goes on.
   */
  private tryAgainAfter(error: RpcError): void {
    if (!error.isPassing || error.kind === "lost" || this.again !== undefined) return;
    this.failures += 1;
    this.again = setTimeout(() => {
      this.again = undefined;
      void this.goOn();
    }, pause(this.failures, Math.random()));
  }

  /** Does what is left to do; whoever is coming in does it then. */
  private async goOn(): Promise<void> {
    if (this.entering > 0) return;
    const before = this.failures;
    if (this.isIn) await this.finish().catch((thrown: unknown) => this.refused(asRpcError(thrown)));
    else await this.enter();
    if (this.failures === before) this.failures = 0;
  }

  private async finish(): Promise<void> {
    await this.outbox?.flush();
    await this.reading.tell();
    await this.looking.lookAgain();
  }

  /** Says who this is, knows what happened meanwhile, and does what was left to do. */
  async enter(): Promise<void> {
    this.entering += 1;
    try {
      const [me, health] = await Promise.all([this.register(), this.call("health", {})]);
      // Whoever is told that they are known may send at once.
      await this.takeUp(`${health.repo_id} ${me.id}`);
      this.set({ me, health, access: "granted", trouble: null });
      await this.looking.catchUp();
      this.isIn = true;
      await this.finish();
    } catch (thrown) {
      this.refused(asRpcError(thrown));
    } finally {
      this.entering -= 1;
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
    if (error.isPassing) return; // it is tried again a little later, or with the next connection
    const trouble = { kind: error.kind, message: error.message, hint: error.hint };
    const isStranger = !this.state.me && STRANGER.has(error.kind);
    this.set({ trouble, access: isStranger ? "stranger" : this.state.access });
  }

  /** Knows whose page this is, and what an earlier visit of theirs left to do. */
  private async takeUp(owner: string): Promise<void> {
    if (this.outbox) return;
    const { sends, marks } = this.makeDrawers(owner);
    this.outbox = new Outbox(sends, this.call, {
      onChange: (outbox) => this.set({ outbox }),
      onSent: (kept, sent) => this.sent(kept, sent),
    });
    await this.reading.open(owner, marks);
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

  /** Gives up what could not be sent; for a while it can be had back. */
  async discard(key: string): Promise<void> {
    const kept = await this.outbox?.discard(key);
    if (kept) this.toast(t.compose.discarded, () => void this.outbox?.restore(kept));
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

  /** Takes a message back for everyone, once nobody can want it undone any more. */
  remove(id: string): void {
    const leave = (): void => void this.removeNow(id);
    this.leaving.set(id, setTimeout(leave, UNDO_MS));
    this.set({ leaving: new Set(this.leaving.keys()) });
    this.toast(t.message.leaving, () => this.stay(id));
  }

  private stay(id: string): void {
    clearTimeout(this.leaving.get(id));
    this.leaving.delete(id);
    this.set({ leaving: new Set(this.leaving.keys()) });
  }

  private async removeNow(id: string): Promise<void> {
    if (!this.leaving.has(id)) return;
    this.stay(id);
    try {
      await this.call("message.delete", { message_id: id });
      this.set(change(this.state, [id], (each) => ({ ...each, deleted: true })));
    } catch (thrown) {
      this.toast(asRpcError(thrown).message);
    }
  }

  markRead(ids: readonly string[], canUndo = false): void {
    const before = this.state.marking.size;
    const undo = this.reading.mark(ids, canUndo);
    if (undo && canUndo) this.toast(t.row.wereRead(Math.max(this.state.marking.size - before, 1)), undo);
  }

  /** Marks the whole inbox as read, however much of it this page knows. */
  markAllRead(): void {
    const before = unreadCount(this.state);
    const undo = this.reading.markAll();
    if (undo) this.toast(t.row.wereRead(Math.max(before - unreadCount(this.state), 1)), undo);
  }

  keepUnread(id: string): void {
    this.reading.keep(id);
  }

  /** The page goes: what it waited with for a while is done now. */
  async leave(): Promise<void> {
    await Promise.all([...[...this.leaving.keys()].map((id) => this.removeNow(id)), this.reading.tell()]);
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
