import fc from "fast-check";
import { afterEach, beforeEach, expect, it, vi } from "vitest";

import type { Call, Params } from "@/rpc/client";
import { RpcError } from "@/rpc/RpcError";
import type { Logged } from "@/store/entities";

import { LogBook, PAGE, type Known } from "./LogBook";
import { eventId } from "./told";

const at = (second: number): string => new Date(second * 1_000).toISOString();

/** A daemon that tells of its log as ours does: the oldest first, what nobody can read at the end. */
class Daemon {
  asked: Params<"log.list">[] = [];
  longest = Infinity;
  private made = 0;

  constructor(public log: Logged[] = []) {}

  write(second: number, part: object = {}): void {
    this.made += 1;
    this.log.push({ type: "message.create", event_id: `evt_${String(this.made).padStart(6, "0")}`, timestamp: at(second), committed: true, ...part });
  }

  get newest(): string[] {
    const key = (each: Logged): string => `${String(each["timestamp"])} ${eventId(each)}`;
    return this.log.filter((each) => each["unreadable"] === undefined).sort((a, b) => (key(a) < key(b) ? 1 : -1)).map(eventId);
  }

  call = ((_: string, params: Params<"log.list">): Promise<{ events: Logged[] }> => {
    this.asked.push(params);
    const { limit = 50, before = "" } = params;
    if (limit > this.longest) return Promise.reject(new RpcError("too_large", "too long"));
    const ids = this.newest;
    const from = before ? ids.indexOf(before) + 1 : 0;
    const page = ids.slice(from, from + limit).reverse();
    const rows = page.map((id) => this.log.find((each) => eventId(each) === id)!);
    return Promise.resolve({ events: [...rows, ...this.log.filter((each) => each["unreadable"] !== undefined)] });
  }) as unknown as Call;
}

const shown = (known: Known | null): string[] => known?.events.map(eventId) ?? [];

function open(daemon: Daemon, which = {}): LogBook {
  return new LogBook(daemon.call, which, () => undefined);
}

async function toTheEnd(book: LogBook): Promise<void> {
  while (book.known?.hasOlder) await book.older();
}

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

it("knows all of it in the end, each event once, whatever comes meanwhile and however late", async () => {
  const second = fc.integer({ min: 0, max: 5 });
  await fc.assert(
    fc.asyncProperty(fc.array(second, { maxLength: 350 }), fc.array(fc.array(second, { maxLength: 250 }), { maxLength: 3 }), async (first, later) => {
      const daemon = new Daemon();
      for (const each of first) daemon.write(each);
      const book = open(daemon);
      await book.look();
      expect(shown(book.known)).toEqual(daemon.newest.slice(0, PAGE));
      for (const some of later) {
        for (const each of some) daemon.write(10 + each);
        await book.look();
        await book.older();
        expect(shown(book.known)).toEqual(daemon.newest.slice(0, shown(book.known).length));
      }
      await toTheEnd(book);
      expect(shown(book.known)).toEqual(daemon.newest);
    }),
    { numRuns: 25 },
  );
});

it("has what came late in its place", async () => {
  const daemon = new Daemon();
  for (let second = 0; second < 20; second += 2) daemon.write(second);
  const book = open(daemon);
  await book.look();
  daemon.write(7);
  await book.look();
  expect(shown(book.known)).toEqual(daemon.newest);
  expect(daemon.asked.map((each) => each.before)).toEqual([undefined, undefined]);
});

it("begins anew where too much came to catch up with", async () => {
  const daemon = new Daemon();
  for (let second = 0; second < 150; second += 1) daemon.write(second);
  const book = open(daemon);
  await book.look();
  for (let second = 200; second < 1_700; second += 1) daemon.write(second);
  await book.look();
  expect(shown(book.known)).toEqual(daemon.newest.slice(0, 10 * PAGE));
  await toTheEnd(book);
  expect(shown(book.known)).toEqual(daemon.newest);
});

it("asks for fewer where they are too long to be told at once", async () => {
  const daemon = new Daemon();
  for (let second = 0; second < 30; second += 1) daemon.write(second);
  daemon.longest = 7;
  const book = open(daemon);
  await book.look();
  await toTheEnd(book);
  expect(shown(book.known)).toEqual(daemon.newest);
});

it("looks once for all that comes within a second, and never at the past", async () => {
  const daemon = new Daemon();
  daemon.write(1);
  for (const [which, looks] of [[{}, 2], [{ at: "2d" }, 1]] as const) {
    daemon.asked = [];
    const book = open(daemon, which);
    book.stir("1");
    await book.look();
    for (const cursor of ["2", "3", "3"]) book.stir(cursor);
    await vi.advanceTimersByTimeAsync(600_000);
    expect(daemon.asked).toHaveLength(looks);
  }
});

it("looks a few times whether what was in the journal is committed", async () => {
  const daemon = new Daemon();
  daemon.write(1, { committed: false });
  const book = open(daemon);
  await book.look();
  daemon.log = daemon.log.map((each) => ({ ...each, committed: true }));
  await vi.advanceTimersByTimeAsync(600_000);
  expect(book.known?.events[0]?.["committed"]).toBe(true);
  expect(daemon.asked).toHaveLength(2);
  daemon.write(2, { committed: false });
  await book.look();
  await vi.advanceTimersByTimeAsync(6_000_000);
  expect(daemon.asked).toHaveLength(6);
});

it("keeps apart what nobody can read, and goes on from what one can", async () => {
  const daemon = new Daemon([{ file: "events.jsonl", line: 3, unreadable: "no JSON", text: "{" }]);
  for (let second = 0; second < 120; second += 1) daemon.write(second);
  const book = open(daemon);
  await book.look();
  await toTheEnd(book);
  expect(shown(book.known)).toEqual(daemon.newest);
  expect(book.known?.unreadable.map(eventId)).toEqual(["events.jsonl:3"]);
});

it("says why nothing can be had, and has it afterwards", async () => {
  const daemon = new Daemon();
  for (let second = 0; second < 120; second += 1) daemon.write(second);
  let error: RpcError | null = new RpcError("not_found", "there is no agent nxu");
  const book = new LogBook(((method: "log.list", params: object) => (error ? Promise.reject(error) : daemon.call(method, params))) as Call, {}, () => undefined);
  await book.look();
  expect(book.known).toMatchObject({ events: [], error });
  error = null;
  await book.look();
  expect(book.known?.error).toBeUndefined();
  error = new RpcError("lost", "no connection");
  await book.look();
  expect(book.known?.error).toBeUndefined();
  await book.older();
  expect([shown(book.known).length, book.known?.error]).toEqual([PAGE, error]);
  error = null;
  await toTheEnd(book);
  expect(shown(book.known)).toEqual(daemon.newest);
});

it.each([1, 2, 5])("looks again for what came after it asked, though %i pushes told of it while it waited", async (pushes) => {
  const daemon = new Daemon();
  daemon.write(1);
  // It reads its log when it is asked, and answers late.
  const slow = (async (...asked: Parameters<Call>) => {
    const answer = await daemon.call(...asked);
    await new Promise((done) => setTimeout(done, 5_000));
    return answer;
  }) as Call;
  const book = new LogBook(slow, {}, () => undefined);
  book.stir("0");
  const first = book.look();
  await vi.advanceTimersByTimeAsync(1_000);
  for (let number = 1; number <= pushes; number += 1) {
    daemon.write(10 + number);
    book.stir(`${number}`);
    await vi.advanceTimersByTimeAsync(600);
  }
  await vi.advanceTimersByTimeAsync(20_000);
  await first;
  expect(shown(book.known)).toEqual(daemon.newest);
  expect(daemon.asked).toHaveLength(2);
  // And so it goes on.
  daemon.write(30);
  book.stir("later");
  await vi.advanceTimersByTimeAsync(20_000);
  expect(shown(book.known)).toEqual(daemon.newest);
});
