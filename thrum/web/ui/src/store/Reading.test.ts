import { createStore } from "idb-keyval";
import { beforeEach, expect, it, vi } from "vitest";

import { drawer } from "@/outbox/drawer";
import type { Mark } from "@/outbox/Mark";
import type { Call } from "@/rpc/client";
import { RpcError } from "@/rpc/RpcError";
import { ME, message } from "@/test/shapes";

import { put } from "./messages";
import { Reading } from "./Reading";
import { unreadCount } from "./selectors";
import { makeStore, type Store } from "./store";

const OWNER = "repo user:dana";
let rounds = 0;
let place: ReturnType<typeof createStore>;
let asked: { message_ids: string[]; client_id: string }[];
let refusal: string | null;

const call = ((_method: string, params: (typeof asked)[number]) => {
  asked.push(params);
  return refusal ? Promise.reject(new RpcError(refusal, `it is ${refusal}`)) : Promise.resolve({});
}) as unknown as Call;

const marks = () => drawer<Mark>(OWNER, place);

/** A visit of the page: a store with three unread messages, and what reads in it. */
async function visit(): Promise<{ store: Store; reading: Reading }> {
  const store = makeStore({ me: ME, ...put({ messages: new Map(), order: [], inbox: [] }, MAIL, true), counts: { inbox: 3, mentions: 3, groups: {}, partners: {} } });
  const reading = new Reading(store, call, Date.now);
  await reading.open(OWNER, marks());
  return { store, reading };
}

const MAIL = [message(), message(), message()];
const [a, b, c] = MAIL.map((each) => each.message_id) as [string, string, string];

beforeEach(() => {
  rounds += 1;
  place = createStore(`reading ${rounds}`, "marks");
  [asked, refusal] = [[], null];
});

it.each(["lost", "timeout", "busy"])("keeps what could not be told while the daemon is %s over a reload, and tells it under the same key", async (kind) => {
  refusal = kind;
  const first = await visit();
  first.reading.mark([a, b], false);
  await first.reading.tell();
  expect(unreadCount(first.store.getState())).toBe(1);
  await expect.poll(async () => (await marks().load()).length).toBe(1);
  refusal = null;
  const second = await visit();
  expect(unreadCount(second.store.getState())).toBe(1);
  await second.reading.tell();
  expect(asked.map((each) => each.client_id)).toEqual([asked[0]?.client_id, asked[0]?.client_id]);
  expect(asked[1]?.message_ids).toEqual([a, b]);
  expect([unreadCount(second.store.getState()), [...second.store.getState().marking]]).toEqual([1, []]);
  await expect.poll(async () => (await marks().load()).length).toBe(0);
});

it("is written down before it is told at all, so that a crash loses nothing", async () => {
  const { reading } = await visit();
  reading.mark([a], true);
  await expect.poll(async () => (await marks().load()).map((each) => each.ids)).toEqual([[a]]);
  expect(asked).toEqual([]);
});

it("tells together what was not told yet, and never adds to what was", async () => {
  const { reading } = await visit();
  reading.mark([a], false);
  reading.mark([b], false);
  refusal = "lost";
  await reading.tell();
  reading.mark([c], false);
  refusal = null;
  await reading.tell();
  expect(asked.map((each) => each.message_ids)).toEqual([[a, b], [a, b], [c]]);
  expect(new Set(asked.map((each) => each.client_id)).size).toBe(2);
});

it("does not tell what was taken back, over a reload neither", async () => {
  const { reading, store } = await visit();
  const undo = reading.mark([a, b], true);
  reading.mark([c], true);
  undo?.();
  expect(unreadCount(store.getState())).toBe(2);
  await expect.poll(async () => (await marks().load()).map((each) => each.ids)).toEqual([[c]]);
  const again = await visit();
  await again.reading.tell();
  expect(asked.map((each) => each.message_ids)).toEqual([[c]]);
});

it("shows as unread what was kept after it was told, over a reload, until it is marked again", async () => {
  const { reading } = await visit();
  reading.mark([a], false);
  await reading.tell();
  reading.keep(a);
  const again = await visit();
  again.store.setState(put(again.store.getState(), [{ ...MAIL[0]!, is_read: true }]));
  expect([...again.store.getState().keptUnread]).toEqual([a]);
  again.reading.mark([a], false);
  expect([...(await visit()).store.getState().keptUnread]).toEqual([]);
});

it("drops what the daemon refuses for good, and shows it as unread", async () => {
  refusal = "not_found";
  const { reading, store } = await visit();
  reading.mark([a], false);
  await reading.tell();
  await reading.tell();
  expect([asked.length, unreadCount(store.getState())]).toEqual([1, 3]);
});

it("reads where the browser keeps nothing, too", async () => {
  const closed = { load: () => Promise.reject(new Error("closed")), put: vi.fn(() => Promise.reject(new Error("closed"))), remove: () => Promise.reject(new Error("closed")) };
  const store = makeStore({ me: ME, ...put({ messages: new Map(), order: [], inbox: [] }, MAIL, true) });
  const reading = new Reading(store, call, Date.now);
  await reading.open(OWNER, closed);
  reading.mark([b], false);
  await reading.tell();
  expect([closed.put.mock.calls.length, asked.map((each) => each.message_ids)]).toEqual([1, [[b]]]);
});

it("marks all of the inbox, also what it does not know of, and until when", async () => {
  const { store, reading } = await visit();
  store.setState({ hasOlder: { inbox: true, all: true }, counts: { ...store.getState().counts, inbox: 4_000 } });
  const until = store.getState().messages.get(store.getState().inbox[0] ?? "")?.created_at;
  reading.markAll();
  expect(unreadCount(store.getState())).toBe(0);
  await expect.poll(async () => (await marks().load()).map((each) => each.until)).toEqual([until]);
  await reading.tell();
  expect(asked).toMatchObject([{ message_ids: expect.arrayContaining([a, b, c]) as string[] }, { unread: true, marked_before: until }]);
  expect(store.getState().markingUntil).toBe("");
});

it("takes back that all of the inbox was read", async () => {
  const { store, reading } = await visit();
  store.setState({ hasOlder: { inbox: true, all: true }, counts: { ...store.getState().counts, inbox: 4_000 } });
  reading.markAll()?.();
  expect(unreadCount(store.getState())).toBe(4_000);
  await reading.tell();
  expect(asked).toEqual([]);
  await expect.poll(async () => (await marks().load()).length).toBe(0);
});

it("tells of thousands in portions, the same ones again after a loss", async () => {
  const { store, reading } = await visit();
  const many = Array.from({ length: 1_200 }, () => message());
  store.setState(put(store.getState(), many, true));
  reading.mark(many.map((each) => each.message_id), false);
  await reading.tell();
  expect(asked.map((each) => each.message_ids.length)).toEqual([500, 500, 200]);
  expect(new Set(asked.map((each) => each.client_id)).size).toBe(3);
});
