import { expect, it } from "vitest";

import type { Context } from "@/store/entities";
import { member, message } from "@/test/shapes";

import { fits as fitsFeed } from "./feed/Feed";
import { lanesOf, ticks } from "./timeline/lanes";
import { heldFiles } from "./who-has/WhoHas";

const work = (agent_id: string, part: Partial<Context>): [string, Context] => [agent_id, { session_id: `ses_${agent_id}`, agent_id, ...part }];

it("has who changed which file, committed or not, those with a clash first", () => {
  const contexts = new Map([
    work("nux", { changed_files: ["a.py"], uncommitted_files: ["b.py"] }),
    work("slit", { file_changes: [{ path: "b.py", additions: 3 }], changed_files: ["b.py"] }),
    work("toast", {}),
  ]);
  expect(heldFiles(contexts, new Map()).map((held) => [held.path, held.by.map((each) => `${each.agentId} +${each.additions}`)])).toEqual([
    ["b.py", ["nux +0", "slit +3"]],
    ["a.py", ["nux +0"]],
  ]);
});

it.each([
  ["in one worktree", "/w", "/w", "one", "one", false],
  ["in two worktrees", "/w", "/v", "one", "one", true],
  ["in the same place of two machines", "/w", "/w", "one", "two", true],
  ["somewhere that nobody told", "", "", "one", "one", true],
])("sees a clash of two agents %s: %s %s %s %s %s", (_, here, there, mine, other, isClash) => {
  const contexts = new Map([work("nux", { changed_files: ["a.py"], worktree_path: here }), work("slit", { changed_files: ["a.py"], worktree_path: there })]);
  const members = new Map([["nux", member("nux", { hostname: mine })], ["slit", member("slit", { hostname: other })]]);
  expect(heldFiles(contexts, members).map((held) => held.isClash)).toEqual([isClash]);
});

it("knows of a file with more than what is committed", () => {
  const contexts = new Map([work("nux", { git_updated_at: "now", uncommitted_files: ["a.py", "c.py"], file_changes: [{ path: "a.py", additions: 3, last_modified: "then" }, { path: "b.py", deletions: 2 }] })]);
  const found = heldFiles(contexts, new Map()).map(({ path, by: [holder] }) => [path, holder!.additions, holder!.deletions, holder!.isOpen, holder!.at]);
  expect(found).toEqual([["a.py", 3, 0, true, "then"], ["b.py", 0, 2, false, "now"], ["c.py", 0, 0, true, "now"]]);
});

it.each([
  ["all", true],
  ["direct", true],
  ["everyone", false],
  ["groups", false],
  ["people", false],
] as const)("shows it in the feed of %s: %s", (kind, shown) => expect(fitsFeed(message(), { kind, from: "" })).toBe(shown));

it("lays sessions on lanes where no two overlap", () => {
  const session = (id: string, agent: string, from: number, to?: number): Parameters<typeof lanesOf>[0][number] => ({
    session_id: id,
    agent_id: agent,
    started_at: new Date(from).toISOString(),
    last_seen_at: "",
    status: "",
    ...(to === undefined ? {} : { ended_at: new Date(to).toISOString() }),
  });
  const hour = 3_600_000;
  const lanes = lanesOf([session("b", "nux", 2 * hour), session("a", "nux", hour, 3 * hour), session("c", "furiosa", 0, hour / 2)], hour, 5 * hour);
  expect(lanes.map((lane) => [lane.agentId, lane.bars.map((bar) => [bar.id, bar.from / hour, bar.to / hour])])).toEqual([["nux", [["a", 1, 2], ["b", 2, 5]]]]);
  expect(ticks(0, 24 * hour).length).toBeLessThan(9);
});
