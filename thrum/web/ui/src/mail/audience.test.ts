import { expect, it } from "vitest";

import { ME, member, message } from "@/test/shapes";

import { addressed, knownNames, peopleOf, resolve } from "./audience";
import { stepOf } from "./Delivery";
import { draftOf, keepDraft } from "./drafts";
import { gist } from "./MessageRow";

const KNOWN = knownNames({
  me: ME,
  agents: new Map(),
  members: new Map(["nux", "furiosa", "user:dana", "user:max"].map((id) => [id, member(id, { role: "tester" })])),
  groups: new Map([["api", { group_id: "g", name: "api", created_at: "", created_by: "", member_count: 2 }]]),
});

it("knows everybody but oneself, roles, groups and everyone", () => {
  expect(KNOWN.map(({ name, kind }) => `${kind} ${name}`).sort()).toEqual(["agent furiosa", "agent nux", "everyone everyone", "group api", "person user:max", "role tester"]);
  expect(resolve("max", KNOWN)?.name).toBe("user:max");
});

it.each([
  ["its author and whom it was for", message({ audiences: [{ type: "agent", value: ME.id }, { type: "agent", value: "nux" }] }), false, ["furiosa", "nux"]],
  ["its author alone when that is asked", message({ audiences: [{ type: "agent", value: "nux" }] }), true, ["furiosa"]],
  ["the group", message({ audiences: [{ type: "group", value: "api" }] }), false, ["furiosa", "api"]],
  ["everyone", message({ audiences: [{ type: "broadcast", value: "everyone" }] }), false, ["everyone"]],
  ["the same people as before, of one's own", message({ agent_id: ME.id, audiences: [{ type: "agent", value: "nux" }] }), true, ["nux"]],
])("answers to %s", (_, parent, onlyAuthor, people) => expect(peopleOf(parent, ME.id, onlyAuthor)).toEqual(people));

it("is nobody unless somebody is named or everyone chosen", () => {
  expect(addressed([], [], KNOWN)).toEqual({ to: [], unknown: [], isEveryone: false });
  expect(addressed([], ["nobody", "nux"], KNOWN)).toEqual({ to: ["nux"], unknown: ["nobody"], isEveryone: false });
  expect(addressed(["nux"], ["nux", "max"], KNOWN).to).toEqual(["nux", "user:max"]);
  expect(addressed(["everyone"], [], KNOWN)).toEqual({ to: [], unknown: [], isEveryone: true });
});

it("keeps drafts until they are sent, and none that says nothing", () => {
  keepDraft("a", { text: "begun", to: ["nux"] });
  expect(draftOf("a")).toEqual({ text: "begun", to: ["nux"] });
  keepDraft("a", { text: "  ", to: ["nux"] });
  expect(draftOf("a")).toBeNull();
  keepDraft("b", { text: "x", to: [] });
  keepDraft("b", { text: "", to: ["nux"] });
  expect(draftOf("b")).toBeNull();
  window.localStorage.setItem("thrum-draft c", "[broken");
  expect(draftOf("c")).toBeNull();
});

it.each([
  [{ read_at: "t", held: "turn" }, "read"],
  [{ held: "turn", held_since: "t" }, "waiting for its turn"],
  [{ seen_at: "t" }, "shown to it"],
  [{ delivered_at: "t" }, "sent"],
])("says of a recipient with %j: %s", (part, word) => expect(stepOf({ agent_id: "nux", ...part }).word).toBe(word));

it("tells the gist of a text in one line", () => {
  expect(gist("# Plan\n\n- [ ] **drop** `it`\n> so")).toBe("Plan drop it so");
});

it.each([
  ["| file | lines |\n|---|--:|\n| a.py | 3 |", "file, lines a.py, 3"],
  ["Look:\n\n| a |\n|:-:|\n| 1 |\n\nDone.", "Look: a 1 Done."],
  ["a | b\n--|--\n1 | 2", "a | b 1 | 2"],
  ["```ts\nlet a = b || c;\n```\nafter", "let a = b || c; after"],
  ["~~~\ncode\n~~~", "code"],
  ["> ```py\n> x = 1\n> ```", "x = 1"],
  ["so - or so", "so - or so"],
  ["one ``` two", "one two"],
])("drops the marks of tables and fences from the gist of %j", (text, said) => expect(gist(text)).toBe(said));
