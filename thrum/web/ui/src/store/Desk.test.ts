import { beforeEach, expect, it, vi } from "vitest";

import type { Drawer } from "@/outbox/Outbox";
import { RpcError } from "@/rpc/RpcError";
import { ME, member, message } from "@/test/shapes";

import { Desk } from "./Desk";
import type { Message } from "./entities";
import { unreadCount } from "./selectors";
import { makeStore, type Store } from "./store";

/** A daemon that answers from what a test lays before it. */
class Daemon {
  asked: string[] = [];
  rows: Message[] = [];
  refusals = new Map<string, RpcError>();
  missed: { method: string; params: Record<string, unknown> }[] = [];

  request(method: string, params: Record<string, unknown> = {}): Promise<unknown> {
    this.asked.push(method);
    const refusal = this.refusals.get(method);
    return refusal ? Promise.reject(refusal) : Promise.resolve(this.answer(method, params));
  }

  private answer(method: string, params: Record<string, unknown>): unknown {
    const unread = this.rows.filter((row) => !row.is_read).length;
    const answers: Record<string, unknown> = {
      "user.identify": { username: "dana", email: "", display: "Dana Marsh" },
      "user.register": { user_id: ME.id, username: "dana", token: "tok", status: "existing", display_name: "Dana Marsh" },
      "session.list": { sessions: [{ session_id: "ses_1" }] },
      "events.since": { pushes: this.missed, cursor: "c2", more: false },
      "now.list": { agents: [member("furiosa")], cursor: "c1" },
      health: { repo_id: "r_1", identity: { repo_name: "refinery" } },
      "agent.list": { agents: [] },
      "group.list": { groups: [] },
      "inbox.counts": { inbox: unread, mentions: unread, groups: {}, partners: {} },
      "message.page": { messages: params["before"] ? [] : this.rows, older: false, newer: false },
      "message.markRead": { marked_count: 1 },
      "message.send": { message_id: "msg_sent", created_at: "2026-02-01T00:00:00Z", resolved_to: 1, warnings: ["nux was not seen for long"] },
    };
    return answers[method];
  }
}

let daemon: Daemon;
let store: Store;
let desk: Desk;
const noDrawer: Drawer = { load: () => Promise.resolve([]), put: () => Promise.resolve(), remove: () => Promise.resolve() };

beforeEach(() => {
  vi.useFakeTimers();
  daemon = new Daemon();
  store = makeStore();
  desk = new Desk(store, daemon, () => noDrawer);
});

it("comes in, knows all, and begins no second session", async () => {
  daemon.rows = [message(), message({ is_read: true })];
  await desk.linkBecame("open");
  const state = store.getState();
  expect([state.access, state.me, state.isLoaded, state.inbox.length, unreadCount(state), state.cursor]).toEqual(["granted", ME, true, 2, 1, "c1"]);
  expect(daemon.asked).not.toContain("session.start");
});

it.each(["anonymous_caller", "not_allowed", "not_found"])("says who one is not, when it is refused as %s", async (kind) => {
  daemon.refusals.set("user.identify", new RpcError(kind, "no"));
  await desk.linkBecame("open");
  expect([store.getState().access, store.getState().trouble?.kind]).toEqual(["stranger", kind]);
});

it("takes a passing failure for no refusal", async () => {
  daemon.refusals.set("user.register", new RpcError("lost", "gone"));
  await desk.linkBecame("open");
  expect([store.getState().access, store.getState().trouble]).toEqual(["asking", null]);
});

it("asks after a loss only for what it missed", async () => {
  await desk.linkBecame("open");
  daemon.asked = [];
  const row = message();
  daemon.missed = [{ method: "notification.message", params: { row, cursor: "c2" } }];
  await desk.linkBecame("lost");
  await desk.linkBecame("open");
  expect(store.getState().inbox).toEqual([row.message_id]);
  expect(store.getState().cursor).toBe("c2");
  expect(daemon.asked).not.toContain("message.page");
});

it("looks at everything where the daemon does not know any more what it missed", async () => {
  await desk.linkBecame("open");
  daemon.refusals.set("events.since", new RpcError("stale_cursor", "too old"));
  daemon.rows = [message()];
  await desk.linkBecame("lost");
  await desk.linkBecame("open");
  expect(store.getState().inbox).toEqual([daemon.rows[0]!.message_id]);
});

it("marks as read at once, tells the daemon later, and takes it back before", async () => {
  const row = message();
  daemon.rows = [row];
  await desk.linkBecame("open");
  desk.markRead([row.message_id], true);
  expect(unreadCount(store.getState())).toBe(0);
  desk.undo();
  expect(unreadCount(store.getState())).toBe(1);
  await vi.advanceTimersByTimeAsync(20_000);
  expect(daemon.asked).not.toContain("message.markRead");
  desk.markRead([row.message_id]);
  await vi.advanceTimersByTimeAsync(20_000);
  expect(daemon.asked.filter((each) => each === "message.markRead").length).toBe(1);
  expect([unreadCount(store.getState()), store.getState().marking.size]).toEqual([0, 0]);
  desk.keepUnread(row.message_id);
  expect(unreadCount(store.getState())).toBe(1);
});

it("tells again what it could not, with the next connection", async () => {
  const row = message();
  daemon.rows = [row];
  await desk.linkBecame("open");
  daemon.refusals.set("message.markRead", new RpcError("lost", "gone"));
  desk.markRead([row.message_id]);
  await vi.advanceTimersByTimeAsync(5_000);
  expect([unreadCount(store.getState()), store.getState().marking.size]).toEqual([0, 1]);
  daemon.refusals.clear();
  await desk.linkBecame("lost");
  await desk.linkBecame("open");
  expect([unreadCount(store.getState()), store.getState().marking.size]).toEqual([0, 0]);
});

it("puts what it sent into its place, and says what the daemon warns of", async () => {
  await desk.linkBecame("open");
  await desk.send({ content: "hi", mentions: ["nux"] });
  const state = store.getState();
  expect([state.order, state.outbox]).toEqual([["msg_sent"], []]);
  expect(state.toasts.map((each) => each.text)).toEqual(["nux was not seen for long"]);
});
