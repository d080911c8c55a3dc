import { afterEach, describe, expect, it, vi } from "vitest";

import { beside } from "@/prefs/beside";
import type { Desk } from "@/store/Desk";
import { put } from "@/store/messages";
import { INITIAL, type State } from "@/store/state";
import { ME, message } from "@/test/shapes";

import { agentOf, linkTo, rowAround, rowOf, type Row } from "./rows";
import { NOTHING, scene, select, targetsOf } from "./scene";
import { actionOf, choicesFor, type Doing } from "./table";

afterEach(() => {
  vi.clearAllMocks();
  scene.setState(NOTHING, true);
  document.body.replaceChildren();
});

describe("a row", () => {
  it.each([
    ["/inbox/unread?m=msg_1", "message msg_1", "/m/msg_1"],
    ["/feed?kind=direct&m=msg_2", "message msg_2", "/m/msg_2"],
    ["/m/msg_3", "message msg_3", "/m/msg_3"],
    ["/agents/user%3Adana", "agent user:dana", "/agents/user%3Adana"],
    ["/groups/a%2Fb", "group a/b", "/groups/a%2Fb"],
    ["/talk/with/nux", "talk agent nux", "/talk/with/nux"],
    ["/talk/group/two%20words", "talk group two words", "/talk/group/two%20words"],
  ])("that leads to %s is %s, and its link is %s", (href, key, link) => {
    const row = rowOf(href);
    expect(row && `${row.kind} ${row.id}`).toBe(key);
    expect(row && linkTo(row)).toBe(link);
  });

  it.each(["", "/", "/health", "/agents", "/talk/with/", "/inbox?m=", "/who-has?f=a"])("is none where it leads to %j", (href) => expect(rowOf(href)).toBeNull());

  it("is the one around whatever has the focus", () => {
    const [frame, link, button, out] = ["div", "a", "button", "button"].map((tag) => document.createElement(tag)) as [HTMLElement, HTMLElement, HTMLElement, HTMLElement];
    frame.dataset["row"] = "";
    link.dataset["rowFocus"] = "";
    link.setAttribute("href", "/agents/nux");
    frame.append(link, button);
    document.body.append(frame, out);
    expect([rowAround(button)?.id, rowAround(link)?.id]).toEqual(["nux", "nux"]);
    expect(rowAround(out)).toBeNull();
    expect(rowAround(null)).toBeNull();
  });

  it("is about one agent, or about several", () => {
    expect(["/agents/nux", "/talk/with/nux", "/talk/group/api", "/groups/api", "/m/msg_1"].map((href) => agentOf(rowOf(href)!))).toEqual(["nux", "nux", null, null, null]);
  });
});

const [fresh, old, mine] = [message(), message({ is_read: true }), message({ agent_id: ME.id })];
const STATE: State = { ...INITIAL, me: ME, isLoaded: true, ...put(put(INITIAL, [fresh, old], true), [mine]) };

const [markRead, pinned, went] = [vi.fn(), vi.fn(), vi.fn()];

function doing(state = STATE): Doing {
  const desk = { markRead, pin: pinned };
  return { desk: desk as unknown as Desk, state: () => state, go: went, path: () => "/" };
}

const row = (href: string): Row => rowOf(href)!;
const offered = (href: string, state = STATE): string[] => choicesFor(row(href), doing(state)).map((each) => each.id);

describe("the menu of a row", () => {
  it.each([
    [`/m/${fresh.message_id}`, ["open", "peek", "reply", "reply-author", "read", "keep-unread", "select", "pin", "link"]],
    [`/m/${old.message_id}`, ["open", "peek", "reply", "reply-author", "keep-unread", "select", "pin", "link"]],
    [`/m/${mine.message_id}`, ["open", "peek", "reply", "reply-author", "select", "pin", "link"]],
    ["/agents/nux", ["compose", "open", "peek", "select", "pin", "park", "link"]],
    ["/groups/api", ["compose", "open", "peek", "select", "link"]],
    ["/talk/with/furiosa", ["compose", "open", "peek", "read", "select", "pin", "park", "link"]],
    ["/talk/with/nux", ["compose", "open", "peek", "select", "pin", "park", "link"]],
  ])("has for %s all that applies to it", (href, ids) => expect(offered(href)).toEqual(ids));

  it("says what it will be, not what it was", () => {
    const state = { ...STATE, pinned: new Set(["nux"]), parked: new Set(["nux"]) };
    const labels = (of: State): string[] => choicesFor(row("/agents/nux"), doing(of)).map((each) => each.label);
    expect(labels(state).filter((label) => !labels(STATE).includes(label))).toEqual(["Unpin", "Bring back"]);
  });

  it("acts on its own row, whatever is selected or open elsewhere", () => {
    scene.setState({ selected: [row("/m/msg_other")], row: row("/m/msg_else"), messageId: "msg_open" });
    choicesFor(row(`/m/${fresh.message_id}`), doing()).find((each) => each.id === "read")?.run();
    expect(markRead).toHaveBeenCalledWith([fresh.message_id], true);
  });
});

describe("what keys act upon", () => {
  it("is the row they are on, then what is open; with a selection all of it", () => {
    expect(targetsOf(NOTHING)).toEqual([]);
    const open = { ...NOTHING, messageId: "msg_open" };
    expect(targetsOf(open).map((each) => each.id)).toEqual(["msg_open"]);
    const on = { ...open, row: row("/agents/nux") };
    expect(targetsOf(on).map((each) => each.id)).toEqual(["nux"]);
    expect(targetsOf({ ...on, selected: [row("/m/a"), row("/m/b")] }).map((each) => each.id)).toEqual(["a", "b"]);
  });

  it.each([
    [["/m/a", "/m/b"], ["a", "b"]],
    [["/m/a", "/m/b", "/m/a"], ["b"]],
    [["/talk/with/nux", "/agents/nux"], ["agent nux", "nux"]],
  ])("is selected one by one, and no longer: %j", (hrefs, ids) => {
    for (const href of hrefs) select(row(href));
    expect(scene.getState().selected.map((each) => each.id)).toEqual(ids);
  });

  it("is marked as read, all that was selected, and then nothing is selected any more", () => {
    scene.setState({ selected: [row("/m/a"), row("/talk/with/furiosa"), row("/groups/api")] });
    actionOf("read").run(doing(), scene.getState());
    expect(markRead).toHaveBeenCalledWith(["a", fresh.message_id], true);
    expect(scene.getState().selected).toEqual([]);
  });

  it("closes one thing after the other", () => {
    scene.setState({ isPeeking: true, selected: [row("/m/a")] });
    const close = (): unknown => {
      actionOf("close").run(doing(), scene.getState());
      const { isPeeking, selected } = scene.getState();
      return [isPeeking, selected.length, went.mock.calls.length];
    };
    expect([close(), close(), close()]).toEqual([[false, 1, 0], [false, 0, 0], [false, 0, 1]]);
  });

  it("is pinned: agents to the top, what was said beside, each of them again no longer", () => {
    const pin = (href: string): void => actionOf("pin").run(doing(), { ...NOTHING, row: row(href) });
    pin("/agents/nux");
    expect([pinned.mock.calls, beside.getState().kind]).toEqual([[["nux"]], "feed"]);
    pin("/m/msg_1");
    expect(beside.getState()).toEqual({ kind: "message", id: "msg_1", isShown: true });
    pin("/talk/with/nux");
    expect(beside.getState().id).toBe("agent nux");
    pin("/talk/with/nux");
    expect(beside.getState().kind).toBe("feed");
  });
});
