import { expect, it } from "vitest";

import { claim } from "@/test/shapes";

import { claimsAt } from "./claims";
import type { Claim } from "./entities";
import { applyPushes } from "./pushes";
import { INITIAL, type State } from "./state";

const told = (state: State, ...claims: Claim[]): State =>
  applyPushes(state, claims.map((each) => ({ method: "notification.claim", params: { claim: each, cursor: "c" } }))).state;
const NOON = Date.parse("2026-01-01T12:00:00Z");

it("is what was told last of each, without what ended", () => {
  const [one, other, third] = [claim("b"), claim("a"), claim("c")];
  const state = told(INITIAL, one, other, third, { ...third, state: "released" }, { ...one, note: "new" });
  expect([claimsAt(state.claims, NOON).map((each) => [each.what, each.note ?? ""]), state.cursor]).toEqual([[["a", ""], ["b", "new"]], "c"]);
});

it("ends by itself when its time is over", () => {
  const state = told(INITIAL, claim("a", { until: "2026-01-01T11:59:59.999999999Z" }), claim("b"));
  expect(claimsAt(state.claims, NOON).map((each) => each.what)).toEqual(["b"]);
});

it("stands behind what it was lost to", () => {
  const winner = claim("a", { agent_id: "slit" });
  const state = told(INITIAL, claim("a", { state: "lost", won_by: winner.claim_id }), winner);
  expect(claimsAt(state.claims, NOON).map((each) => each.agent_id)).toEqual(["slit", "nux"]);
});
