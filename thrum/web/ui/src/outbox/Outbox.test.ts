import { createStore } from "idb-keyval";
import { beforeEach, expect, it } from "vitest";

import type { Call } from "@/rpc/client";
import { RpcError } from "@/rpc/RpcError";

import { drawer, freshKey } from "./drawer";
import type { Kept } from "./Kept";
import { Outbox } from "./Outbox";

type Answer = () => Promise<unknown>;

let place: ReturnType<typeof createStore>;
let asked: { content: string; idempotency_key?: string }[];
let answers: Answer[];
let shown: readonly Kept[];
let sent: string[];
let rounds = 0;

const ok: Answer = () => Promise.resolve({ message_id: "msg_1", created_at: "2026-01-01T00:00:00Z", resolved_to: 1 });
const refuses = (kind: string, hint = ""): Answer => () => Promise.reject(new RpcError(kind, `it is ${kind}`, hint));
const call = ((_method: string, params: { content: string }) => {
  asked.push(params);
  return (answers.shift() ?? ok)();
}) as unknown as Call;

function outbox(owner = "repo user:dana"): Outbox {
  return new Outbox(drawer(owner, place), call, {
    onChange: (kept) => {
      shown = kept;
    },
    onSent: (kept) => sent.push(kept.key),
  });
}

function kept(content: string, madeAt = 1): Kept {
  return { key: freshKey(), params: { content, mentions: ["nux"] }, madeAt, state: "kept" };
}

async function sending(box: Outbox, thing: Kept): Promise<void> {
  await box.add(thing);
  await box.flush();
}

beforeEach(() => {
  rounds += 1;
  place = createStore(`thrum ${rounds}`, "outbox");
  [asked, answers, shown, sent] = [[], [], [], []];
});

it("sends in order, each under its key", async () => {
  const box = outbox();
  const [a, b] = [kept("a"), kept("b")];
  await Promise.all([box.add(a), box.add(b)]);
  expect([asked, shown]).toEqual([[], [a, b]]);
  await box.flush();
  expect(asked.map((each) => [each.content, each.idempotency_key])).toEqual([["a", a.key], ["b", b.key]]);
  expect([shown, sent]).toEqual([[], [a.key, b.key]]);
});

it.each(["lost", "timeout", "busy"])("keeps it when the daemon is %s, over a reload, under the same key", async (kind) => {
  answers = [refuses(kind)];
  const first = kept("a");
  await sending(outbox(), first);
  expect(shown.map((each) => each.state)).toEqual(["kept"]);
  const after = outbox();
  await after.open();
  await after.flush();
  expect(asked.map((each) => each.idempotency_key)).toEqual([first.key, first.key]);
  const third = outbox();
  await third.open();
  expect(shown).toEqual([]);
});

it("sends what an earlier visit left before what is written now, opened or not", async () => {
  answers = [refuses("lost")];
  const left = kept("left", 1);
  await sending(outbox(), left);
  asked = [];
  const now = kept("now", 2);
  await sending(outbox(), now);
  expect(asked.map((each) => each.content)).toEqual(["left", "now"]);
});

it.each(["full", "closed", "denied"])("keeps and sends nothing that it could not write down, as the drawer is %s", async (why) => {
  const box = new Outbox({ ...drawer("repo user:dana", place), put: () => Promise.reject(new Error(why)) }, call, {
    onChange: (all) => {
      shown = all;
    },
    onSent: (each) => sent.push(each.key),
  });
  await expect(box.add(kept("a"))).rejects.toThrow(why);
  await box.flush();
  expect([asked, shown]).toEqual([[], []]);
});

it("opens what it could not open before", async () => {
  await drawer("repo user:dana", place).put(kept("left"));
  let tries = 0;
  const real = drawer<Kept>("repo user:dana", place);
  const box = new Outbox({ ...real, load: () => ((tries += 1) === 1 ? Promise.reject(new Error("busy")) : real.load()) }, call, { onChange: () => undefined, onSent: () => undefined });
  await expect(box.flush()).rejects.toThrow("busy");
  await box.flush();
  expect(asked.map((each) => each.content)).toEqual(["left"]);
});

it("shows why it was refused, lets the next go, and tries again when it is told to", async () => {
  answers = [refuses("unknown_recipient", "see `thrum team`")];
  const box = outbox();
  const [bad, good] = [kept("bad"), kept("good")];
  await sending(box, bad);
  await sending(box, good);
  expect(shown).toEqual([{ ...bad, state: "failed", reason: "it is unknown_recipient (see `thrum team`)" }]);
  expect(sent).toEqual([good.key]);
  await box.retry(bad.key);
  expect(shown).toEqual([]);
});

it("gives back what is discarded, and forgets it", async () => {
  answers = [refuses("too_large")];
  const box = outbox();
  const big = kept("big");
  await sending(box, big);
  expect((await box.discard(big.key))?.params.content).toBe("big");
  const after = outbox();
  await after.open();
  expect(shown).toEqual([]);
});

it.each([
  ["failed", 0],
  ["kept", 1],
] as const)("takes back one that was given up while it was %s, and sends it only if it had not been refused", async (state, times) => {
  const box = outbox();
  const one = { ...kept("a"), state };
  await box.restore(one);
  expect([asked.length, shown]).toEqual([times, times ? [] : [one]]);
});

it("leaves alone what another person or repository keeps", async () => {
  answers = [refuses("lost")];
  await sending(outbox("repo user:dana"), kept("a"));
  await outbox("repo user:max").open();
  expect(shown).toEqual([]);
  await outbox("other user:dana").open();
  expect(shown).toEqual([]);
});

it("makes keys that are long enough to name a message by", () => {
  const keys = Array.from({ length: 50 }, freshKey);
  expect(new Set(keys).size).toBe(50);
  for (const key of keys) expect([key.length >= 32, key.length <= 64]).toEqual([true, true]);
});
