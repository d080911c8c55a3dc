import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { ME, member, message } from "@/test/shapes";

import { audienceOf, type Message } from "./entities";
import { change, drop, EMPTY_SHELF, put } from "./messages";
import { applyPushes, isToMe } from "./pushes";
import { agentSlots, conditionOf, inboxRows, isQuestion, needs, talkOf, talks, threadOfMessage, unreadCount } from "./selectors";
import { INITIAL, type State } from "./state";

const START: State = { ...INITIAL, me: ME, isLoaded: true };
const push = (row: Message, method = "notification.message"): { method: string; params: Record<string, unknown> } => ({
  method,
  params: { message_id: row.message_id, row, cursor: "c", sequence: 1 },
});

describe("the shelf", () => {
  it("is ordered, holds each once, and keeps what stays the same", () => {
    const [a, b, c] = [message(), message(), message()];
    const shelf = put(EMPTY_SHELF, [b, a, c, b]);
    expect(shelf.order).toEqual([c, b, a].map((each) => each.message_id));
    expect(put(shelf, [{ ...a }, { ...b }])).toBe(shelf);
    const edited = put(shelf, [{ ...a, body: { content: "new" } }]);
    expect(edited.order).toBe(shelf.order);
    expect(edited.messages.get(b.message_id)).toBe(b);
  });

  it("keeps what only some answers say", () => {
    const whole = message({ recipients: [{ agent_id: "nux" }] });
    const { recipients, ...brief } = whole;
    const shelf = put(put(EMPTY_SHELF, [whole]), [brief]);
    expect(shelf.messages.get(whole.message_id)?.recipients).toBe(recipients);
  });

  it("changes and drops only what is there", () => {
    const a = message();
    const shelf = put(EMPTY_SHELF, [a], true);
    expect(change(shelf, ["msg_none"], (each) => ({ ...each, deleted: true }))).toBe(shelf);
    expect(drop(shelf, new Set(["msg_none"]))).toBe(shelf);
    expect(drop(shelf, new Set([a.message_id]))).toEqual(EMPTY_SHELF);
  });
});

describe("for whom a message is", () => {
  it.each([
    [{ audiences: [{ type: "agent", value: "nux" }] }, { everyone: false, agents: ["nux"], groups: [], roles: [] }],
    [{ audiences: null, refs: [{ type: "mention", value: "nux" }] }, { everyone: false, agents: ["nux"], groups: [], roles: [] }],
    [{ refs: [{ type: "broadcast", value: "everyone" }] }, { everyone: true, agents: [], groups: [], roles: [] }],
    [{ scopes: [{ type: "group", value: "api" }], refs: [{ type: "mention", value: "api" }] }, { everyone: false, agents: [], groups: ["api"], roles: [] }],
    [{ audiences: [{ type: "role", value: "tester" }] }, { everyone: false, agents: [], groups: [], roles: ["tester"] }],
    [{}, { everyone: true, agents: [], groups: [], roles: [] }],
  ])("is read from %j", (part, audience) => expect(audienceOf(part as Message)).toEqual(audience));

  it("is this person by id, by bare name, and by everyone; a group is not known", () => {
    const to = (type: string, value: string): Message => message({ audiences: [{ type, value }] });
    expect([to("agent", "user:dana"), to("agent", "dana"), to("broadcast", "everyone"), to("agent", "nux"), to("group", "api")].map((each) => isToMe(each, ME))).toEqual([true, true, true, false, null]);
    expect(isToMe(message({ agent_id: ME.id, audiences: [{ type: "broadcast", value: "everyone" }] }), ME)).toBe(false);
  });
});

describe("pushes", () => {
  it("put a message in its place, count it, and remember how far the page has come", () => {
    const row = message();
    const { state: next, ask } = applyPushes(START, [push(row)]);
    expect([next.inbox, next.order, next.counts.inbox, next.cursor]).toEqual([[row.message_id], [row.message_id], 1, "c"]);
    expect([...ask]).toEqual([]);
  });

  it("tell of agents, groups, people and numbers without another question", () => {
    const told = [
      { method: "notification.now", params: { agent_id: "nux", row: member("nux", { state: "idle" }) } },
      { method: "notification.agent", params: { agent_id: "nux", agent: { agent_id: "nux", kind: "agent" } } },
      { method: "notification.group", params: { group_id: "g1", group: { group_id: "g1", name: "api", member_count: 1 } } },
      { method: "notification.counts", params: { whole: true, inbox: 7, mentions: 1, groups: { api: 2 }, partners: { nux: 1 }, agents: {} } },
      { method: "notification.counts", params: { whole: false, inbox: 6, mentions: 1, groups: { api: 0 }, partners: { slit: 3 }, agents: {} } },
    ];
    const { state, ask } = applyPushes(START, told);
    expect([state.members.get("nux")?.state, state.agents.has("nux"), state.groups.has("api"), ask.size]).toEqual(["idle", true, true, 0]);
    expect(state.counts).toEqual({ inbox: 6, mentions: 1, groups: {}, partners: { nux: 1, slit: 3 } });
    const gone = applyPushes(state, [
      { method: "notification.now", params: { agent_id: "nux", row: null } },
      { method: "notification.agent", params: { agent_id: "nux" } },
      { method: "notification.group", params: { group_id: "g1" } },
    ]).state;
    expect([gone.members.size, gone.agents.size, gone.groups.size]).toEqual([0, 0, 0]);
  });

  it("tell who has read what: this person elsewhere, and the others", () => {
    const [mine, own] = [message(), message({ agent_id: ME.id, is_read: true, recipients: [{ agent_id: "nux" }] })];
    const before = { ...applyPushes(START, [push(mine), push(own)]).state, marking: new Set([mine.message_id]) };
    const { state } = applyPushes(before, [
      { method: "notification.receipt", params: { agent_id: ME.id, messages: [{ message_id: mine.message_id, recipient: { agent_id: ME.id } }] } },
      { method: "notification.receipt", params: { agent_id: "nux", messages: [{ message_id: own.message_id, recipient: { agent_id: "nux", read_at: "t" } }] } },
    ]);
    expect([state.messages.get(mine.message_id)?.is_read, state.marking.size]).toEqual([true, 0]);
    expect(state.messages.get(own.message_id)?.recipients).toEqual([{ agent_id: "nux", read_at: "t" }]);
  });

  it("change nothing the second time", () => {
    const row = message();
    const once = applyPushes(START, [push(row)]).state;
    expect(applyPushes(once, [push(row)]).state).toBe(once);
  });

  it("count what is taken back and what was read elsewhere no more", () => {
    const [a, b] = [message(), message()];
    const both = applyPushes(START, [push(a), push(b)]).state;
    const gone = applyPushes(both, [push({ ...a, deleted: true }, "notification.message.deleted")]).state;
    expect(unreadCount(gone)).toBe(1);
    expect(unreadCount(applyPushes(gone, [push({ ...b, is_read: true })]).state)).toBe(0);
  });

  it("ask once for what they do not tell: groups, what is unknown to them, and what was left out", () => {
    expect([...applyPushes(START, [push(message({ audiences: [{ type: "group", value: "api" }] }))]).ask]).toEqual(["inbox"]);
    expect([...applyPushes(START, [{ method: "notification.message", params: { message_id: "msg_1", row: null } }]).ask]).toEqual(["all"]);
    expect([...applyPushes(START, [{ method: "notification.reset", params: {} }]).ask]).toEqual(["all"]);
    expect(applyPushes(START, [{ method: "notification.unheard_of", params: {} }])).toEqual({ state: START, ask: new Set() });
  });

  it("have a parent learn the thread that its answer began", () => {
    const parent = message();
    const answer = message({ reply_to: parent.message_id, thread_id: "thr_1" });
    const state = applyPushes(START, [push(parent), push(answer)]).state;
    expect(threadOfMessage(state.messages, parent.message_id).map((each) => each.message_id)).toEqual([parent.message_id, answer.message_id]);
  });
});

describe("the badge", () => {
  const rows = fc.array(
    fc.record({ toMe: fc.boolean(), isRead: fc.boolean(), deleted: fc.boolean(), mine: fc.boolean() }),
    { maxLength: 12 },
  );
  const steps = fc.array(fc.tuple(fc.nat(11), fc.constantFrom("read", "delete", "again", "mark", "keep")), { maxLength: 12 });

  it("is the number of rows of the unread, whatever comes in whatever order", () => {
    fc.assert(
      fc.property(rows, steps, (parts, then) => {
        const all = parts.map((part) =>
          message({
            is_read: part.isRead,
            deleted: part.deleted,
            agent_id: part.mine ? ME.id : "nux",
            audiences: [{ type: "agent", value: part.toMe ? ME.id : "slit" }],
          }),
        );
        let state = applyPushes(START, all.map((row) => push(row))).state;
        for (const [index, what] of then) {
          const row = all[index];
          if (!row) continue;
          const id = row.message_id;
          const now = state.messages.get(id) ?? row;
          if (what === "mark" || what === "keep") {
            const where = what === "mark" ? "marking" : "keptUnread";
            state = { ...state, [where]: new Set([...state[where], id]) };
            continue;
          }
          const next = what === "read" ? { ...now, is_read: true } : what === "delete" ? { ...now, deleted: true } : now;
          state = applyPushes(state, [push(next)]).state;
        }
        const shown = inboxRows(state, "unread");
        expect(unreadCount(state)).toBe(shown.length);
      }),
    );
  });

  it("counts what is kept unread once", () => {
    const read = message({ is_read: true });
    const state: State = { ...START, ...put(START, [read], true), keptUnread: new Set([read.message_id]) };
    expect(unreadCount(state)).toBe(1);
    expect(inboxRows(state, "unread")).toEqual([read.message_id]);
  });
});

describe("what needs this person", () => {
  it.each([
    ["Shall I drop the table?", true],
    ["Done.\nMay I go on? I have two more.", true],
    ["Is it **done?**", true],
    ["The URL is http://a.test/?q=1", false],
    ["All done.", false],
  ])("%j asks: %s", (text, asks) => expect(isQuestion(text)).toBe(asks));

  it("has questions first, then the blocked, the failed and the named, the oldest first", () => {
    const [named, asks] = [message(), message({ body: { content: "May I?" } })];
    const shelf = put(START, [named, asks], true);
    const found = needs({
      ...START,
      ...shelf,
      members: new Map([["slit", member("slit", { state: "blocked", intent: "waits" })]]),
      outbox: [{ key: "k", params: { content: "x" }, madeAt: 1, state: "failed" }],
    });
    expect(found.map((need) => need.what)).toEqual(["question", "blocked", "failed", "mention"]);
  });

  it("leaves out the parked", () => {
    const members = new Map([["slit", member("slit", { state: "blocked" })]]);
    expect(needs({ ...START, members, parked: new Set(["slit"]) })).toEqual([]);
  });
});

describe("agents", () => {
  it("stand in slots that heartbeats do not move", () => {
    const members = new Map(["nux", "furiosa"].map((id) => [id, member(id)]));
    expect(agentSlots(members, new Set()).map((each) => each.agent_id)).toEqual(["furiosa", "nux"]);
    const later = new Map(members).set("nux", member("nux", { last_seen: "2030-01-01T00:00:00Z" }));
    expect(agentSlots(later, new Set()).map((each) => each.agent_id)).toEqual(["furiosa", "nux"]);
    expect(agentSlots(later, new Set(["nux"])).map((each) => each.agent_id)).toEqual(["nux", "furiosa"]);
  });

  it.each(["waiting", "blocked", "working", "idle", "live", "offline"])("that are %s are so", (state) => {
    expect(conditionOf(member("nux", { state }))).toBe(state);
  });

  it("of a state that is still to be thought of are here", () => {
    expect(conditionOf(member("nux", { state: "dreaming" }))).toBe("live");
  });
});

describe("conversations", () => {
  it("have both directions under one partner, groups and everyone under theirs", () => {
    const all = [
      message({ agent_id: "nux" }),
      message({ agent_id: ME.id, audiences: [{ type: "agent", value: "nux" }], is_read: true }),
      message({ audiences: [{ type: "group", value: "api" }] }),
      message({ audiences: [{ type: "broadcast", value: "everyone" }] }),
      message({ agent_id: "slit", audiences: [{ type: "agent", value: "nux" }] }),
    ];
    const shelf = put(put(START, all), all.slice(0, 1).concat(all.slice(2, 4)), true);
    const found = talks(shelf.order, shelf.messages, shelf.inbox, new Set(), new Set(), ME);
    expect(found.map((talk) => [talk.key, talk.unread])).toEqual([["group everyone", 1], ["group api", 1], ["agent nux", 1]]);
    expect(talkOf(all[4]!, ME.id)).toBeNull();
  });
});
