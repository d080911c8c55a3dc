import { afterEach, expect, it, vi } from "vitest";

import type { Call } from "@/rpc/client";
import { RpcError } from "@/rpc/RpcError";
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

it.each(["lost", "timeout", "busy"])("looks later at what it could not look at because the daemon was %s", async (kind) => {
  const store = makeStore({ me: ME });
  let refusal: string | null = kind;
  const call = (() => (refusal ? Promise.reject(new RpcError(refusal, `it is ${refusal}`)) : Promise.resolve({ contexts: [of("nux", "late")] }))) as unknown as Call;
  const troubles: unknown[] = [];
  const looking = new Looking(store, call, (thrown) => troubles.push(thrown));
  looking.look("work");
  await expect.poll(() => troubles.length).toBe(1);
  refusal = null;
  await looking.lookAgain();
  expect(store.getState().contexts.get("nux")?.branch).toBe("late");
});

it("does not ask again for what is refused for good", async () => {
  let asked = 0;
  const call = (() => ((asked += 1), Promise.reject(new RpcError("not_allowed", "no")))) as unknown as Call;
  const looking = new Looking(makeStore({ me: ME }), call, () => undefined);
  looking.look("work");
  await expect.poll(() => asked).toBe(1);
  await looking.lookAgain();
  expect(asked).toBe(1);
});
