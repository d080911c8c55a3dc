import { expect, it } from "vitest";

import type { Context } from "./entities";
import { applyPushes } from "./pushes";
import { INITIAL, type State } from "./state";
import { changedFiles, holders } from "./work";

const context = (agentId: string, part: Partial<Context> = {}): Context => ({ session_id: `ses_${agentId}`, agent_id: agentId, ...part });
const told = (state: State, agentId: string, ...contexts: Context[]): State =>
  applyPushes(state, [{ method: "notification.work", params: { agent_id: agentId, contexts, cursor: "c" } }]).state;

it("takes in what an agent works on by now: the latest of its sessions", () => {
  const first = told(INITIAL, "nux", context("nux", { branch: "new" }), context("nux", { branch: "old" }));
  expect([first.contexts.get("nux")?.branch, first.cursor]).toEqual(["new", "c"]);
  const both = told(first, "slit", context("slit"));
  expect([both.contexts.size, both.contexts.get("nux")]).toEqual([2, first.contexts.get("nux")]);
  expect([...told(both, "nux").contexts.keys()]).toEqual(["slit"]);
  expect(applyPushes(both, [{ method: "notification.work", params: { agent_id: "nux", contexts: [] } }]).ask.size).toBe(0);
});

it("has each file of a context once, and of nothing none", () => {
  const files = changedFiles(context("nux", { changed_files: ["a", "b"], uncommitted_files: ["b", "c"], file_changes: [{ path: "a", additions: 1 }, { path: "d" }] }));
  expect(files.map((each) => [each.path, each.additions, each.isOpen])).toEqual([["a", 1, false], ["b", 0, true], ["c", 0, true], ["d", 0, false]]);
  expect(changedFiles(undefined)).toEqual([]);
});

it("says where each has its copy of a file", () => {
  const contexts = new Map([["nux", context("nux", { changed_files: ["a"], worktree_path: "/w" })], ["slit", context("slit", { changed_files: ["a"] })]]);
  expect(holders(contexts).get("a")?.map((each) => each.worktree)).toEqual(["/w", "slit"]);
});
