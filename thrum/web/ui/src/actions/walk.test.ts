import { expect, it } from "vitest";

import type { Kept } from "@/outbox/Kept";
import { put } from "@/store/messages";
import { INITIAL, type State } from "@/store/state";
import { ME, member, message } from "@/test/shapes";

import type { Row } from "./rows";
import { step, stopsOf, type Stop, type Walk } from "./walk";

const START: Walk = { stops: [], at: -1 };
const stop = (key: string): Stop => ({ key, path: `/${key}` });
const ALL = ["agent nux", "message a", "message b"].map(stop);

/** Where so many steps lead, from wherever one is. */
function taken(steps: readonly (1 | -1)[], all = ALL, open: Row | null = null): (string | null)[] {
  let walk = START;
  return steps.map((by) => {
    const next = step(walk, all, open, by);
    walk = next.walk;
    return next.stop?.key ?? null;
  });
}

it("goes to each once, to an end, and then from the start", () => {
  expect(taken([1, 1, 1, 1, 1])).toEqual(["agent nux", "message a", "message b", null, "agent nux"]);
  expect(taken([1], [])).toEqual([null]);
});

it("goes back the way it came, and on again", () => {
  expect(taken([1, 1, -1, -1, 1, 1])).toEqual(["agent nux", "message a", "agent nux", null, "message a", "message b"]);
  expect(taken([-1])).toEqual([null]);
});

it("does not start again though what stays comes before what is read meanwhile", () => {
  const first = step(START, ALL, null, 1);
  const second = step(first.walk, ALL, null, 1);
  expect(second.stop?.key).toBe("message a");
  const without = ALL.filter((each) => each.key !== "message a");
  const third = step(second.walk, without, null, 1);
  expect(third.stop?.key).toBe("message b");
  const fresh = [stop("message new"), ...without];
  expect(step(third.walk, fresh, null, 1).stop?.key).toBe("message new");
});

it("passes over what was opened by hand", () => {
  expect(taken([1, 1], ALL, { kind: "agent", id: "nux", href: "" })).toEqual(["message a", "message b"]);
});

it("stops at all that needs this person, whatever it is, then at the unread, the oldest first", () => {
  const [named, all, later] = [message(), message({ audiences: [{ type: "broadcast", value: "everyone" }] }), message({ audiences: [{ type: "broadcast", value: "everyone" }] })];
  const members = [member("slit", { state: "blocked" }), member("toast", { state: "waiting" }), member("nux")];
  const failed: Kept = { key: "k", params: { content: "x", mentions: ["nux"] }, madeAt: 1, state: "failed" };
  const state: State = {
    ...INITIAL,
    me: ME,
    ...put(INITIAL, [named, all, later], true),
    members: new Map(members.map((each) => [each.agent_id, each])),
    outbox: [failed, { ...failed, key: "e", params: { content: "x", to: "everyone" } }],
  };
  expect(stopsOf(state).map((each) => each.path)).toEqual([
    "/agents/toast",
    "/agents/slit",
    "/talk/with/nux",
    "/talk/group/everyone",
    `/inbox/all?m=${named.message_id}`,
    `/inbox/all?m=${all.message_id}`,
    `/inbox/all?m=${later.message_id}`,
  ]);
  const marked = { ...state, marking: new Set([all.message_id]) };
  expect(stopsOf(marked).map((each) => each.key)).not.toContain(`message ${all.message_id}`);
});
