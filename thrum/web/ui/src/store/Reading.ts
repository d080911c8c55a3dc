/**
 * What this person has read: shown at once, written down, and told to the daemon a little later, so
 * that it can be taken back. What could not be told stays written down, over a reload, and is told
 * again with the next thing or the next connection; its key has the daemon take it once.
 */
import { isTexts, recall, remember } from "@/lib/local";
import { freshKey, type Drawer } from "@/outbox/drawer";
import type { Mark } from "@/outbox/Mark";
import { asRpcError } from "@/rpc/RpcError";
import type { Call } from "@/rpc/client";

import { change } from "./messages";
import { isUnread } from "./selectors";
import type { Store } from "./store";

/** How long one may take back that something was marked as read. */
export const UNDO_MS = 10_000;
const SOON_MS = 500;
/** The daemon takes a thousand at once. */
const PORTION = 500;
/** So many of those that are kept unread are remembered, the last ones. */
const MOST_KEPT = 500;

export class Reading {
  private timer: ReturnType<typeof setTimeout> | undefined;
  private dueAt = 0;
  private owed: readonly Mark[] = [];
  /** Told at least once, with an answer or without: it must stay what it was. */
  private readonly tried = new Set<string>();
  private drawer: Drawer<Mark> | null = null;
  private keptPlace = "";
  private telling: Promise<void> | null = null;

  constructor(
    private readonly store: Store,
    private readonly call: Call,
    private readonly now: () => number,
  ) {}

  /** Takes up what an earlier visit of this person left, once. */
  async open(owner: string, drawer: Drawer<Mark>): Promise<void> {
    if (this.drawer) return;
    this.drawer = drawer;
    this.keptPlace = `thrum-unread ${owner}`;
    const kept = recall(this.keptPlace, [], isTexts);
    this.store.setState({ keptUnread: new Set([...this.store.getState().keptUnread, ...kept]) });
    const left = await drawer.load().catch(() => []); // a browser that keeps nothing has left nothing
    const known = new Set(this.owed.map((each) => each.key));
    this.become([...left.filter((each) => !known.has(each.key)), ...this.owed]);
  }

  /** Marks as read; gives what takes that back, or null where nothing was unread. */
  mark(ids: readonly string[], canUndo: boolean): (() => void) | null {
    const state = this.store.getState();
    const fresh = ids.filter((id) => {
      const message = state.messages.get(id);
      return message !== undefined && isUnread(state, message);
    });
    if (fresh.length === 0) return null;
    const untold = fresh.filter((id) => state.messages.get(id)?.is_read === false);
    this.hold([...state.keptUnread].filter((id) => !fresh.includes(id)));
    if (untold.length > 0) this.owe(untold);
    this.tellIn(canUndo ? UNDO_MS : SOON_MS);
    return () => {
      for (const id of fresh) this.keep(id);
    };
  }

  /** Marks the whole inbox as read, also what this page does not know of; gives what takes that back. */
  markAll(): (() => void) | null {
    const { inbox, messages, hasOlder } = this.store.getState();
    const until = messages.get(inbox[0] ?? "")?.created_at;
    const undo = this.mark(inbox, true);
    if (!until || !hasOlder.inbox) return undo;
    this.owe([], until);
    this.tellIn(UNDO_MS);
    return () => {
      const open = this.owed.filter((each) => each.until && !this.tried.has(each.key));
      for (const { key, ids, madeAt } of open) this.replace({ key, ids, madeAt });
      undo?.();
    };
  }

  /** Shows a message as unread until it is marked again; the daemon hears of it only if it has not yet. */
  keep(id: string): void {
    const { keptUnread, messages } = this.store.getState();
    const isTold = messages.get(id)?.is_read === true || this.owed.some((each) => this.tried.has(each.key) && each.ids.includes(id));
    for (const each of this.owed) if (each.ids.includes(id)) this.without(each, id);
    if (isTold) this.hold([...keptUnread, id]);
  }

  /** Tells the daemon now. */
  tell(): Promise<void> {
    clearTimeout(this.timer);
    this.timer = undefined;
    this.telling ??= this.tellAll().finally(() => {
      this.telling = null;
    });
    return this.telling;
  }

  private async tellAll(): Promise<void> {
    for (let next = this.owed[0]; next; next = this.owed[0]) {
      this.tried.add(next.key);
      try {
        await this.tellOf(next);
      } catch (thrown) {
        if (asRpcError(thrown).isPassing) return;
        this.forget(next);
        continue;
      }
      this.told(next.ids);
      this.forget(next);
    }
  }

  /** In portions, for the daemon takes so many at once; a repetition asks for the same ones. */
  private async tellOf({ key, ids, until }: Mark): Promise<void> {
    for (let start = 0; start < ids.length; start += PORTION) {
      const client_id = start === 0 ? key : `${key} ${start}`;
      await this.call("message.markRead", { message_ids: ids.slice(start, start + PORTION), client_id });
    }
    let isMore = until !== undefined;
    for (let round = 0; isMore; round += 1) {
      const marked = await this.call("message.markRead", { unread: true, marked_before: until ?? "", client_id: `${key} all ${round}` });
      isMore = (marked.markable_remaining ?? 0) > 0;
    }
  }

  private told(ids: readonly string[]): void {
    const state = this.store.getState();
    const counted = ids.filter((id) => state.messages.get(id)?.is_read === false && state.inbox.includes(id));
    this.store.setState({
      ...change(state, ids, (each) => (each.is_read ? each : { ...each, is_read: true })),
      counts: { ...state.counts, inbox: Math.max(0, state.counts.inbox - counted.length) },
    });
  }

  /** What was not told yet is told together. */
  private owe(ids: readonly string[], until?: string): void {
    const last = this.owed.at(-1);
    const open = last && !this.tried.has(last.key) ? last : null;
    const whole: Mark = open ? { ...open, ids: [...new Set([...open.ids, ...ids])] } : { key: freshKey(), ids, madeAt: this.now() };
    const mark: Mark = until ? { ...whole, until } : whole;
    this.become([...this.owed.filter((each) => each.key !== mark.key), mark]);
    this.write(mark);
  }

  /** The same mark but for one message; none where that was all of it. */
  private without(mark: Mark, id: string): void {
    const ids = mark.ids.filter((each) => each !== id);
    if (this.tried.has(mark.key) && ids.length > 0) return;
    this.replace({ ...mark, ids });
  }

  /** Has a mark say something else; one that says nothing goes. */
  private replace(mark: Mark): void {
    if (mark.ids.length === 0 && !mark.until) {
      this.forget(mark);
      return;
    }
    this.become(this.owed.map((each) => (each.key === mark.key ? mark : each)));
    this.write(mark);
  }

  private forget(mark: Mark): void {
    this.become(this.owed.filter((each) => each.key !== mark.key));
    this.drawer?.remove(mark.key).catch(() => undefined); // it is told once more, and changes nothing then
  }

  private write(mark: Mark): void {
    this.drawer?.put(mark).catch(() => undefined); // where nothing is kept, it is told from here alone
  }

  private become(owed: readonly Mark[]): void {
    this.owed = owed;
    const markingUntil = owed.map((each) => each.until ?? "").sort().at(-1) ?? "";
    this.store.setState({ marking: new Set(owed.flatMap((each) => each.ids)), markingUntil });
  }

  private hold(ids: readonly string[]): void {
    const kept = [...new Set(ids)].slice(-MOST_KEPT);
    this.store.setState({ keptUnread: new Set(kept) });
    if (this.keptPlace) remember(this.keptPlace, kept.length > 0 ? kept : null);
  }

  /** What may still be taken back keeps all of it waiting. */
  private tellIn(ms: number): void {
    const due = Math.max(this.dueAt, this.now() + ms);
    this.dueAt = due;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => void this.tell(), due - this.now());
  }
}
