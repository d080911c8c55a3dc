import { createStore } from "idb-keyval";
import { beforeEach, expect, it } from "vitest";

import { drawer, type Drawers } from "@/outbox/drawer";
import type { Kept } from "@/outbox/Kept";
import type { Mark } from "@/outbox/Mark";
import { RpcError } from "@/rpc/RpcError";

import { message } from "@/test/shapes";

import { Desk } from "./Desk";
import { makeStore } from "./store";

const ANSWERS: Readonly<Record<string, unknown>> = {
  "user.identify": { display: "Dana Marsh" },
  "user.register": { user_id: "user:dana", username: "dana" },
  "session.list": { sessions: [{}] },
  health: { repo_id: "repo" },
  "events.since": { pushes: [], cursor: "c", more: false },
  "now.list": { agents: [], cursor: "c" },
  "prompt.list": { prompts: [] },
  "agent.list": { agents: [] },
  "group.list": { groups: [] },
  "message.page": { messages: [], older: false },
  "inbox.counts": {},
  "message.send": { message_id: "msg_1", created_at: "2026-01-01T00:00:00Z" },
};
let rounds = 0;
let sent: string[];
let place: ReturnType<typeof createStore>;
let marksPlace: ReturnType<typeof createStore>;
const drawersIn = (owner: string): Drawers => ({ sends: drawer(owner, place), marks: drawer(owner, marksPlace) });

beforeEach(() => {
  rounds += 1;
  place = createStore(`desk ${rounds}`, "outbox");
  marksPlace = createStore(`marks ${rounds}`, "marks");
  sent = [];
});

/** A daemon that does not answer to some methods, or not at all any more. */
const daemon = (silent: ReadonlySet<string>, isLost = (): boolean => false) => ({
  request(method: string, params: object = {}): Promise<unknown> {
    if (isLost()) return Promise.reject(new RpcError("lost", "no connection"));
    if (silent.has(method)) return new Promise(() => undefined);
    if (method === "message.send" && "content" in params) sent.push(String(params.content));
    return Promise.resolve(ANSWERS[method]);
  },
});

it.each(["now.list", "message.page", "inbox.counts", "agent.list"])("sends for whom it knows, though %s is not answered yet", async (slow) => {
  const store = makeStore();
  const desk = new Desk(store, daemon(new Set([slow])), drawersIn);
  void desk.enter();
  await new Promise<void>((known) => store.subscribe((state) => state.me && known()));
  await desk.send({ content: "at once", mentions: ["nux"] });
  await expect.poll(() => sent).toEqual(["at once"]);
});

it("has it written down when it says that it keeps it, whatever becomes of the connection", async () => {
  let isLost = false;
  const store = makeStore();
  const desk = new Desk(store, daemon(new Set(), () => isLost), drawersIn);
  await desk.enter();
  isLost = true;
  await desk.send({ content: "kept", mentions: ["nux"] });
  expect((await drawer<Kept>("repo user:dana", place).load()).map((each) => each.params.content)).toEqual(["kept"]);
  isLost = false;
  await desk.enter();
  expect(sent).toEqual(["kept"]);
});

it("refuses to whom it does not know, and where nothing can be written down", async () => {
  const full = { sends: { ...drawer<Kept>("x", place), put: () => Promise.reject(new Error("the disk is full")) }, marks: drawer<Mark>("x", marksPlace) };
  const store = makeStore();
  const desk = new Desk(store, daemon(new Set()), () => full);
  await expect(desk.send({ content: "a", mentions: ["nux"] })).rejects.toThrow("nobody is known");
  await desk.enter();
  await expect(desk.send({ content: "a", mentions: ["nux"] })).rejects.toThrow("full");
  expect([sent, store.getState().outbox]).toEqual([[], []]);
});

it("misses nothing of what comes while it asks for all there is", async () => {
  const early = message();
  const asked: string[] = [];
  const carrier = {
    request: (method: string, params: object = {}): Promise<unknown> => {
      if (method === "events.since" && "cursor" in params) asked.push(String(params.cursor));
      const pushes = [{ method: "notification.message", params: { row: early, cursor: "later" } }];
      return Promise.resolve(method === "events.since" ? { pushes, cursor: "later", more: false } : (ANSWERS[method] ?? {}));
    },
  };
  const store = makeStore();
  await new Desk(store, carrier, drawersIn).enter();
  expect([asked, store.getState().order, store.getState().cursor]).toEqual([["c"], [early.message_id], "later"]);
});

/** What happened, each with the cursor after it, of which the daemon tells one at a time. */
const MISSED = ["c1", "c2", "c3"].map((cursor) => ({ cursor, row: message({ message_id: `msg_${cursor}` }) }));
const AFTER_ALL = { method: "notification.sync", params: { cursor: "c3" } };

/** A daemon that pushes, before it answers to a method, something from after all that a page missed. */
function hasty(method: string, asked: string[] = [], isLost = (): boolean => false): { desk: Desk; store: ReturnType<typeof makeStore>; asked: string[] } {
  const store = makeStore({ isLoaded: true, cursor: "c0" });
  const steady = daemon(new Set());
  const desk: Desk = new Desk(store, {
    request: (name, params = {}) => {
      if (name === method) desk.looking.take([AFTER_ALL]);
      if (isLost()) return Promise.reject(new RpcError("lost", "no connection"));
      if (name !== "events.since" || !("cursor" in params)) return steady.request(name, params);
      const [next, ...rest] = MISSED.filter((each) => each.cursor > String(params.cursor));
      asked.push(String(params.cursor));
      const pushes = next ? [{ method: "notification.message", params: next }] : [];
      return Promise.resolve({ pushes, cursor: next?.cursor ?? "c3", more: rest.length > 0 });
    },
  }, drawersIn);
  return { desk, store, asked };
}

it.each(["user.identify", "user.register", "session.list", "health", "events.since"])("knows all that it missed, though something is pushed before %s is answered", async (method) => {
  const { desk, store, asked } = hasty(method);
  await desk.linkBecame("open");
  expect([asked, [...store.getState().order].sort()]).toEqual([["c0", "c1", "c2"], ["msg_c1", "msg_c2", "msg_c3"]]);
  await desk.linkBecame("lost");
  store.setState({ cursor: "c1" });
  await desk.linkBecame("open");
  expect(asked.slice(3)).toEqual(["c1", "c2"]);
});

it("goes on from where it was told of all, if the connection goes while it is told, and then from where pushes say", async () => {
  let isLost = false;
  const asked: string[] = [];
  const { desk, store } = hasty("events.since", asked, () => isLost || asked.length === 2);
  await desk.linkBecame("open");
  isLost = true;
  await desk.linkBecame("lost");
  expect([asked, store.getState().cursor]).toEqual([["c0", "c1"], "c2"]);
  asked.length = 0;
  isLost = false;
  await desk.linkBecame("open");
  expect([asked, store.getState().cursor]).toEqual([["c2"], "c3"]);
  desk.looking.take([{ method: "notification.sync", params: { cursor: "c4" } }]);
  expect(store.getState().cursor).toBe("c4");
});

it("asks for all there is until it has it, where nobody can tell any more what it missed", async () => {
  let isLost = true;
  const asked: string[] = [];
  const store = makeStore({ isLoaded: true, cursor: "stale" });
  const steady = daemon(new Set());
  const desk: Desk = new Desk(store, {
    request: (name, params = {}) => {
      if (name === "events.since" && "cursor" in params) {
        asked.push(String(params.cursor));
        if (params.cursor === "stale") return Promise.reject(new RpcError("stale_cursor", "nobody can tell"));
      }
      if (name !== "message.page" || !isLost) return steady.request(name, params);
      desk.looking.take([AFTER_ALL]);
      return Promise.reject(new RpcError("lost", "no connection"));
    },
  }, drawersIn);
  await desk.linkBecame("open");
  await desk.linkBecame("lost");
  isLost = false;
  await desk.linkBecame("open");
  expect(asked).toEqual(["stale", "stale", "c"]);
});

it("takes a message back once nobody can want it undone any more, or the page goes", async () => {
  const asked: string[] = [];
  const carrier = {
    request: (method: string, params: object = {}): Promise<unknown> => {
      if (method === "message.delete" && "message_id" in params) asked.push(String(params.message_id));
      return Promise.resolve(ANSWERS[method] ?? {});
    },
  };
  const store = makeStore();
  const desk = new Desk(store, carrier, drawersIn);
  desk.remove("msg_kept");
  expect([...store.getState().leaving]).toEqual(["msg_kept"]);
  desk.undo();
  desk.remove("msg_gone");
  expect([[...store.getState().leaving], asked]).toEqual([["msg_gone"], []]);
  await desk.leave();
  expect([[...store.getState().leaving], asked]).toEqual([[], ["msg_gone"]]);
});

/** A daemon that refuses the first requests for a method in passing, over a connection that stays. */
const faltering = (method: string, kind: string, times: number) => {
  let left = times;
  const steady = daemon(new Set());
  return {
    request(asked: string, params: object = {}): Promise<unknown> {
      if (asked === method && left > 0) {
        left -= 1;
        return Promise.reject(new RpcError(kind, `it is ${kind}`));
      }
      return steady.request(asked, params);
    },
  };
};
const PATIENT = { timeout: 10_000 };

it.each([
  ["user.register", "timeout", 1],
  ["message.page", "timeout", 2],
  ["events.since", "busy", 1],
  ["health", "starting", 2],
])("comes in by itself when %s is refused as %s, though the connection never went", async (method, kind, times) => {
  const store = makeStore();
  const desk = new Desk(store, faltering(method, kind, times), drawersIn);
  await desk.linkBecame("open");
  await expect.poll(() => store.getState().isLoaded, PATIENT).toBe(true);
  await expect.poll(() => store.getState().access, PATIENT).toBe("granted");
});

it.each([
  ["timeout", 1],
  ["timeout", 3],
  ["busy", 2],
  ["stopping", 1],
])("sends by itself what was refused as %s, %i times, once", async (kind, times) => {
  const store = makeStore();
  const desk = new Desk(store, faltering("message.send", kind, times), drawersIn);
  await desk.linkBecame("open");
  await desk.send({ content: "later", mentions: ["nux"] });
  await expect.poll(() => sent, PATIENT).toEqual(["later"]);
  await expect.poll(() => store.getState().outbox).toEqual([]);
});

it.each(["timeout", "busy"])("tells by itself what was read though it was refused as %s", async (kind) => {
  const read = message();
  const store = makeStore();
  const desk = new Desk(store, faltering("message.markRead", kind, 1), drawersIn);
  await desk.linkBecame("open");
  store.setState({ messages: new Map([[read.message_id, read]]), order: [read.message_id], inbox: [read.message_id] });
  desk.markRead([read.message_id]);
  await expect.poll(() => store.getState().messages.get(read.message_id)?.is_read, PATIENT).toBe(true);
});

it("keeps no longer what the daemon tells of, though its answer never comes", async () => {
  const store = makeStore();
  const desk = new Desk(store, daemon(new Set(["message.send"])), drawersIn);
  await desk.linkBecame("open");
  await desk.send({ content: "taken", mentions: ["nux"] });
  await desk.send({ content: "not yet", mentions: ["nux"] });
  const [first, second] = store.getState().outbox;
  desk.looking.take([{ method: "notification.message", params: { row: message({ agent_id: "user:dana" }), client_id: first?.key } }]);
  expect(store.getState().outbox.map((each) => each.key)).toEqual([second?.key]);
  await expect.poll(async () => (await drawer<Kept>("repo user:dana", place).load()).map((each) => each.key)).toEqual([second?.key]);
});

it("asks nothing more of a connection that went, until there is another", async () => {
  let isLost = false;
  const asked: string[] = [];
  const steady = daemon(new Set(), () => isLost);
  const store = makeStore();
  const desk = new Desk(store, { request: (method, params) => (asked.push(method), steady.request(method, params)) }, drawersIn);
  await desk.linkBecame("open");
  isLost = true;
  await desk.send({ content: "kept", mentions: ["nux"] });
  await expect.poll(() => asked.at(-1)).toBe("message.send");
  const before = asked.length;
  await new Promise((resolve) => setTimeout(resolve, 400)); // twice what the first attempt would wait
  expect([asked.length, sent]).toEqual([before, []]);
});
