import fc from "fast-check";
import { expect, it } from "vitest";

import { told } from "./told";

const logged = (type: string, event: object, part: object = {}): Record<string, unknown> => ({
  type,
  event_id: "evt_1",
  timestamp: "2026-01-01T00:00:00.123456789Z",
  actor: "nux",
  committed: true,
  file: "events.jsonl",
  line: 3,
  event,
  ...part,
});

it.each([
  ["message.create", { message_id: "msg_1", body: { content: "hello" } }, "wrote", "hello", "/m/msg_1"],
  ["message.delete", { message_id: "msg_1", reason: "a slip" }, "took a message back", "a slip", "/m/msg_1"],
  ["message.receipt", { message_id: "msg_1" }, "marked a message", "read", "/m/msg_1"],
  ["message.receipt", { message_id: "msg_2", receipt_type: "seen" }, "marked a message", "seen", "/m/msg_2"],
  ["agent.register", { role: "tester", module: "core" }, "registered", "tester/core", "/agents/nux"],
  ["agent.update", { work_contexts: [{ branch: "b", intent: "mends it" }, {}] }, "said what it works on", "b: mends it", "/agents/nux"],
  ["group.member.add", { group_id: "api", member_type: "agent", member_value: "slit" }, "added a member to a group", "api: agent slit", "/agents/nux"],
  ["group.create", { name: "api" }, "made a group", "api", "/agents/nux"],
  ["agent.session.end", { reason: "done" }, "ended a session", "done", "/agents/nux"],
  ["new.thing", {}, "new.thing", "", "/agents/nux"],
])("tells of %s", (type, event, did, text, href) => {
  expect(told(logged(type, event))).toMatchObject({ id: "evt_1", actor: "nux", at: Date.UTC(2026, 0, 1, 0, 0, 0, 123), did, text, href, marks: [] });
});

it("calls a group by its name where that is known", () => {
  const names = new Map([["grp_1", "backend"]]);
  const groupOf = (id: string): string => names.get(id) ?? id;
  const member = (id: string): string => told(logged("group.member.remove", { group_id: id, member_type: "role", member_value: "tester" }), groupOf).text;
  expect([member("grp_1"), member("grp_2"), told(logged("group.delete", { group_id: "grp_1" }), groupOf).text]).toEqual(["backend: role tester", "grp_2: role tester", "backend"]);
});

it("says to whom a message went, unless it is purged", () => {
  const refs = [{ type: "mention", value: "slit" }, { type: "reply_to", value: "msg_0" }];
  expect(told(logged("message.create", { refs })).to).toEqual(["slit"]);
  expect(told(logged("message.create", { scopes: [{ type: "group", value: "crew" }], refs: null })).to).toEqual(["crew"]);
  expect(told(logged("message.create", {})).to).toEqual(["everyone"]);
  expect(told(logged("message.create", { refs }, { purged: true })).to).toEqual([]);
  expect(told(logged("message.edit", { refs })).to).toEqual([]);
});

it("marks what is not committed, taken back or purged, and shows what nobody can read", () => {
  expect(told(logged("message.create", {}, { committed: false, deleted: true })).marks).toEqual(["not committed yet", "taken back"]);
  expect(told(logged("message.create", {}, { purged: true, deleted: true })).marks).toEqual(["purged"]);
  expect(told({ file: "messages/nux.jsonl", line: 7, committed: true, unreadable: "no JSON", text: "{x" })).toMatchObject({ id: "messages/nux.jsonl:7", did: "cannot be read", text: "{x" });
});

it("tells of whatever other programs wrote", () => {
  fc.assert(
    fc.property(fc.dictionary(fc.constantFrom("type", "event", "actor", "event_id", "timestamp", "text", "unreadable", "file"), fc.anything()), (anything) => {
      const row = told(anything);
      expect([row.id, row.did, row.text, row.href].every((each) => typeof each === "string")).toBe(true);
    }),
  );
});
