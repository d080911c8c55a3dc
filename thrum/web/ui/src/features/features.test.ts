import { expect, it } from "vitest";

import type { Context } from "@/store/entities";
import { message } from "@/test/shapes";

import { fits as fitsFeed } from "./feed/Feed";
import { fits, isEmpty, parse } from "./search/query";
import { lanesOf, ticks } from "./timeline/lanes";
import { heldFiles } from "./who-has/WhoHas";

const work = (agent_id: string, part: Partial<Context>): [string, Context] => [agent_id, { session_id: `ses_${agent_id}`, agent_id, ...part }];

it("has who changed which file, committed or not, those that several changed first", () => {
  const contexts = new Map([
    work("nux", { changed_files: ["a.py"], uncommitted_files: ["b.py"] }),
    work("slit", { file_changes: [{ path: "b.py", additions: 3 }], changed_files: ["b.py"] }),
    work("toast", {}),
  ]);
  expect(heldFiles(contexts).map((held) => [held.path, held.by.map((each) => `${each.agentId} +${each.additions}`)])).toEqual([
    ["b.py", ["nux +0", "slit +3"]],
    ["a.py", ["nux +0"]],
  ]);
});

it("reads what is looked for as the command line does", () => {
  expect(parse('from:@nux to:user:max in:api is:unread "two words" Plan')).toEqual({ words: ["two words", "plan"], from: "nux", to: "max", group: "api", isUnread: true });
  expect(isEmpty(parse("  "))).toBe(true);
});

it.each([
  ["hello", true],
  ["HELLO from:furiosa", true],
  ["from:nux", false],
  ["to:dana", true],
  ["to:everyone", false],
  ["is:unread", true],
  ["hello world", false],
])("finds the message by %j: %s", (text, found) => expect(fits(message(), parse(text))).toBe(found));

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
