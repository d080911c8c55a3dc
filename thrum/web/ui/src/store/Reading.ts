/**
 * What this person has read: shown at once, told to the daemon a little later, so that it can be
 * taken back. What could not be told is told again with the next thing, or the next connection.
 */
import { asRpcError } from "@/rpc/RpcError";
import type { Call } from "@/rpc/client";

import { change } from "./messages";
import { isUnread } from "./selectors";
import type { Store } from "./store";

/** How long one may take back that something was marked as read. */
export const UNDO_MS = 10_000;
const SOON_MS = 500;

export class Reading {
  private timer: ReturnType<typeof setTimeout> | undefined;
  private dueAt = 0;

  constructor(
    private readonly store: Store,
    private readonly call: Call,
    private readonly now: () => number,
  ) {}

  /** Marks as read; gives what takes that back, or null where nothing was unread. */
  mark(ids: readonly string[], canUndo: boolean): (() => void) | null {
    const state = this.store.getState();
    const fresh = ids.filter((id) => {
      const message = state.messages.get(id);
      return message !== undefined && isUnread(state, message);
    });
    if (fresh.length === 0) return null;
    const untold = fresh.filter((id) => state.messages.get(id)?.is_read === false);
    const kept = new Set([...state.keptUnread].filter((id) => !fresh.includes(id)));
    this.store.setState({ marking: new Set([...state.marking, ...untold]), keptUnread: kept });
    this.tellIn(canUndo ? UNDO_MS : SOON_MS);
    return () => {
      for (const id of fresh) this.keep(id);
    };
  }

  /** Shows a message as unread until it is opened again; the daemon hears of it only if it has not yet. */
  keep(id: string): void {
    const { marking, keptUnread, messages } = this.store.getState();
    const isTold = messages.get(id)?.is_read === true;
    this.store.setState({
      marking: new Set([...marking].filter((each) => each !== id)),
      keptUnread: isTold ? new Set([...keptUnread, id]) : keptUnread,
    });
  }

  /** Tells the daemon now. */
  async tell(): Promise<void> {
    clearTimeout(this.timer);
    this.timer = undefined;
    const ids = [...this.store.getState().marking];
    if (ids.length === 0) return;
    try {
      await this.call("message.markRead", { message_ids: ids });
    } catch (thrown) {
      if (asRpcError(thrown).isPassing) return;
      const { marking } = this.store.getState();
      this.store.setState({ marking: new Set([...marking].filter((id) => !ids.includes(id))) });
      return;
    }
    this.told(ids);
  }

  private told(ids: readonly string[]): void {
    const state = this.store.getState();
    const counted = ids.filter((id) => state.messages.get(id)?.is_read === false && state.inbox.includes(id));
    this.store.setState({
      ...change(state, ids, (each) => (each.is_read ? each : { ...each, is_read: true })),
      marking: new Set([...state.marking].filter((id) => !ids.includes(id))),
      counts: { ...state.counts, inbox: Math.max(0, state.counts.inbox - counted.length) },
    });
  }

  /** What may still be taken back keeps all of it waiting. */
  private tellIn(ms: number): void {
    const due = Math.max(this.dueAt, this.now() + ms);
    this.dueAt = due;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => void this.tell(), due - this.now());
  }
}
