import { afterEach, expect, it, vi } from "vitest";

import type { Call } from "@/rpc/client";
import { ME } from "@/test/shapes";

import type { Context } from "./entities";
import { Looking } from "./Looking";
import type { State } from "./state";
import { makeStore } from "./store";

const of = (agent_id: string, session_id: string): Context => ({ agent_id, session_id, branch: session_id });

afterEach(() => vi.useRealTimers());

/** What a page knows that asks what agents work on, after each of the answers. */
async function asked(...answers: (readonly Context[])[]): Promise<State["contexts"][]> {
  vi.useFakeTimers();
  const store = makeStore({ me: ME });
  const left = [...answers];
  const call = (() => Promise.resolve({ contexts: left.shift() })) as unknown as Call;
  const looking = new Looking(store, call, (thrown) => {
    throw thrown;
  });
  const known: State["contexts"][] = [];
  while (left.length > 0) {
    looking.look("work");
    await vi.advanceTimersByTimeAsync(1_000);
    known.push(store.getState().contexts);
  }
  return known;
}

it.each([
  ["one", [of("nux", "new")]],
  ["two", [of("nux", "new"), of("nux", "old")]],
  ["three, among others,", [of("slit", "s"), of("nux", "new"), of("toast", "t"), of("nux", "old"), of("nux", "older")]],
])("keeps the newest context of an agent with %s sessions", async (_, contexts) => {
  const [known] = await asked(contexts);
  expect(known?.get("nux")?.branch).toBe("new");
});

it("keeps what did not change as the same object", async () => {
  const [first, second, third] = await asked([of("nux", "new"), of("nux", "old")], [of("nux", "new"), of("slit", "s")], [of("nux", "newer"), of("nux", "new"), of("slit", "s")]);
  expect(second?.get("nux")).toBe(first?.get("nux"));
  expect(third?.get("slit")).toBe(second?.get("slit"));
  expect(third?.get("nux")?.branch).toBe("newer");
});
