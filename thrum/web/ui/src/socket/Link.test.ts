import { afterEach, beforeEach, expect, it, vi } from "vitest";

import type { Push } from "@/rpc/frames";

import { pause } from "./backoff";
import { DEADLINE_MS, Link, SILENT_MS, type LinkState } from "./Link";

/** The daemon's end of a connection, as a test wants it. */
class FakeSocket {
  static readonly made: FakeSocket[] = [];
  readyState: number = WebSocket.CONNECTING;
  readonly sent: { id: number; method: string; params?: unknown }[] = [];
  onopen: (() => void) | null = null;
  onclose: (() => void) | null = null;
  onmessage: ((event: { data: string }) => void) | null = null;

  constructor() {
    FakeSocket.made.push(this);
  }

  send(text: string): void {
    this.sent.push(JSON.parse(text) as { id: number; method: string });
  }

  close(): void {
    this.readyState = WebSocket.CLOSED;
    this.onclose?.();
  }

  opens(): void {
    this.readyState = WebSocket.OPEN;
    this.onopen?.();
  }

  says(frame: object): void {
    this.onmessage?.({ data: JSON.stringify(frame) });
  }
}

let states: LinkState[];
let pushes: Push[][];
let link: Link;
const socket = (): FakeSocket => FakeSocket.made.at(-1)!;

beforeEach(() => {
  vi.useFakeTimers();
  FakeSocket.made.length = 0;
  states = [];
  pushes = [];
  link = new Link(
    "ws://here/ws",
    { onState: (state) => states.push(state), onPushes: (some) => pushes.push([...some]) },
    () => new FakeSocket() as unknown as WebSocket,
  );
  link.start();
});

afterEach(() => {
  link.stop();
  vi.useRealTimers();
});

it("matches answers to requests, in any order", async () => {
  socket().opens();
  const first = link.request("a", { x: 1 });
  const second = link.request("b");
  expect(socket().sent).toEqual([
    { jsonrpc: "2.0", id: 1, method: "a", params: { x: 1 } },
    { jsonrpc: "2.0", id: 2, method: "b" },
  ]);
  socket().says({ jsonrpc: "2.0", id: 2, result: "two" });
  socket().says({ jsonrpc: "2.0", id: 1, error: { code: -32002, message: "no", data: { kind: "not_allowed", hint: "ask" } } });
  await expect(second).resolves.toBe("two");
  await expect(first).rejects.toMatchObject({ kind: "not_allowed", message: "no", hint: "ask", code: -32002 });
});

it("hands on all pushes of a frame at once", () => {
  socket().opens();
  socket().onmessage?.({ data: JSON.stringify([{ method: "m", params: { a: 1 } }, { method: "n", params: null }]) });
  socket().onmessage?.({ data: "no JSON" });
  expect(pushes).toEqual([[{ method: "m", params: { a: 1 } }, { method: "n", params: {} }]]);
});

it("refuses what was under way when the connection is lost, and comes back", async () => {
  socket().opens();
  const asked = link.request("a");
  socket().close();
  await expect(asked).rejects.toMatchObject({ kind: "lost", isPassing: true });
  await expect(link.request("b")).rejects.toMatchObject({ kind: "lost" });
  await vi.advanceTimersByTimeAsync(10_000);
  expect(FakeSocket.made.length).toBe(2);
  socket().opens();
  expect(states).toEqual(["open", "lost", "open"]);
});

it("tries again for ever, ever more seldom, and at once when it is nudged", async () => {
  for (let attempt = 1; attempt <= 12; attempt += 1) {
    socket().close();
    await vi.advanceTimersByTimeAsync(10_000);
    expect(FakeSocket.made.length).toBe(attempt + 1);
  }
  socket().close();
  const before = FakeSocket.made.length;
  link.nudge();
  expect(FakeSocket.made.length).toBe(before + 1);
  await vi.advanceTimersByTimeAsync(60_000);
  expect(FakeSocket.made.length).toBe(before + 1); // the nudged one is still on its way
});

it("says within two seconds that nothing is heard, and takes it back", async () => {
  socket().opens();
  const asked = link.request("a");
  await vi.advanceTimersByTimeAsync(SILENT_MS);
  expect(states.at(-1)).toBe("silent");
  expect(SILENT_MS).toBeLessThan(2_000);
  socket().says({ jsonrpc: "2.0", id: 1, result: null });
  await asked;
  expect(states.at(-1)).toBe("open");
});

it.each(["log.list", "doctor.examine"])("takes no silence for an absence while only %s is asked", async (method) => {
  socket().opens();
  const slow = link.request(method);
  await vi.advanceTimersByTimeAsync(10 * SILENT_MS);
  expect(states.at(-1)).toBe("open");
  const quick = link.request("a");
  await vi.advanceTimersByTimeAsync(SILENT_MS);
  expect(states.at(-1)).toBe("silent");
  socket().says({ jsonrpc: "2.0", id: 2, result: null });
  socket().says({ jsonrpc: "2.0", id: 1, result: "told" });
  expect([await slow, await quick]).toEqual(["told", null]);
});

it("gives up a request after its deadline, and ignores the late answer", async () => {
  socket().opens();
  const asked = link.request("a");
  const refused = expect(asked).rejects.toMatchObject({ kind: "timeout" });
  await vi.advanceTimersByTimeAsync(DEADLINE_MS);
  await refused;
  socket().says({ jsonrpc: "2.0", id: 1, result: "late" });
});

it("waits between 100 ms and 8 s", () => {
  for (let failures = 1; failures < 40; failures += 1) {
    for (const random of [0, 0.5, 1]) {
      expect(pause(failures, random)).toBeGreaterThanOrEqual(100);
      expect(pause(failures, random)).toBeLessThanOrEqual(8_000);
    }
  }
});
