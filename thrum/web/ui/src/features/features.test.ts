import { expect, it } from "vitest";

import { member, message } from "@/test/shapes";

import { fits as fitsFeed } from "./feed/Feed";
import { clashesOf } from "./now/useClashes";
import { fits, isEmpty, parse } from "./search/query";
import { lanesOf, ticks } from "./timeline/lanes";
import { heldFiles } from "./who-has/WhoHas";

const changed = (...paths: string[]): { file_changes: { path: string; additions: number }[] } => ({ file_changes: paths.map((path) => ({ path, additions: 1 })) });

it("has who changed which file, those that several changed first", () => {
  const members = new Map([
    ["nux", member("nux", changed("a.py", "b.py"))],
    ["slit", member("slit", changed("b.py"))],
    ["gone", member("gone", { ...changed("b.py"), session_id: "" })],
  ]);
  expect(heldFiles(members).map((held) => [held.path, held.holders.map((holder) => holder.agentId)])).toEqual([["b.py", ["nux", "slit"]], ["a.py", ["nux"]]]);
  expect(clashesOf(members).get("nux")).toEqual({ files: ["b.py"], others: ["slit"] });
  expect(clashesOf(members).has("gone")).toBe(false);
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
