import { act, cleanup } from "@testing-library/react";
import type { ReactElement } from "react";
import { afterEach, beforeEach, expect, it, vi } from "vitest";

import { notifying, switchNotifying, type Permission } from "@/prefs/notifying";
import { put } from "@/store/messages";
import type { Message } from "@/store/entities";
import { message } from "@/test/shapes";
import { onPage, type Page } from "@/test/page";

import { useNotifications } from "./useNotifications";

/** The desktop, as far as a page can tell. */
class Desktop {
  static permission: Permission = "granted";
  static shown: Desktop[] = [];
  static requestPermission = vi.fn(() => Promise.resolve(Desktop.permission));
  onclick: (() => void) | null = null;
  isClosed = false;

  constructor(
    readonly title: string,
    readonly options: { body: string; tag: string },
  ) {
    Desktop.shown.push(this);
  }

  close(): void {
    this.isClosed = true;
  }
}

let hasFocus = false;
const gone: string[] = [];
const MINE = { refs: [{ type: "mention", value: "dana" }], audiences: [{ type: "agent", value: "user:dana" }] };

beforeEach(() => {
  vi.stubGlobal("Notification", Desktop);
  vi.spyOn(document, "hasFocus").mockImplementation(() => hasFocus);
  vi.spyOn(window, "focus").mockImplementation(() => undefined);
  [Desktop.permission, Desktop.shown, hasFocus] = ["granted", [], false];
  gone.length = 0;
  notifying.setState(true, true);
});
afterEach(() => {
  cleanup();
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
});

function Watched(): ReactElement {
  useNotifications((path) => gone.push(path));
  return <p />;
}

const asks = (content: string): Message => message({ ...MINE, body: { content, format: "markdown" } });

function comes({ store }: Page, ...all: Message[]): void {
  act(() => store.setState(put(store.getState(), all, true)));
}

it("tells what came to need one, once, and nothing of what was there before", () => {
  const old = asks("Was there?");
  const page = onPage(<Watched />, {}, put({ messages: new Map(), order: [], inbox: [] }, [old], true));
  expect(Desktop.shown).toEqual([]);
  const one = asks("Shall I go on?");
  comes(page, one);
  comes(page, message({ audiences: [{ type: "agent", value: "nux" }] }));
  expect(Desktop.shown.map((each) => [each.title.includes("furiosa"), each.options.body])).toEqual([[true, "Shall I go on?"]]);
  Desktop.shown[0]?.onclick?.();
  expect(gone).toEqual([`/inbox/all?m=${one.message_id}`]);
});

it.each([
  ["the page has the focus", { focus: true }],
  ["it is switched off", { on: false }],
  ["the browser forbids it", { leave: "denied" as const }],
  ["nobody was asked yet", { leave: "default" as const }],
])("tells nothing while %s", (_, { focus = false, on = true, leave = "granted" }: { focus?: boolean; on?: boolean; leave?: Permission }) => {
  [hasFocus, Desktop.permission] = [focus, leave];
  notifying.setState(on, true);
  const page = onPage(<Watched />, {});
  comes(page, asks("Shall I go on?"));
  expect(Desktop.shown).toEqual([]);
});

it("takes back what was answered elsewhere", () => {
  const page = onPage(<Watched />, {});
  const [one, other] = [asks("One?"), asks("Other?")];
  comes(page, one, other);
  comes(page, { ...one, is_read: true });
  expect(Object.fromEntries(Desktop.shown.map((each) => [each.options.body, each.isClosed]))).toEqual({ "One?": true, "Other?": false });
});

it.each([
  [3, 3],
  [4, 1],
  [9, 1],
])("tells of %i at once by %i", (count, shown) => {
  const page = onPage(<Watched />, {});
  comes(page, ...Array.from({ length: count }, (__, number) => asks(`Number ${number}?`)));
  expect(Desktop.shown).toHaveLength(shown);
});

it.each([
  ["granted", true],
  ["denied", false],
  ["default", false],
] as const)("is on only by leave: %s", async (permission, isOn) => {
  notifying.setState(false, true);
  Desktop.permission = "default";
  Desktop.requestPermission.mockImplementationOnce(() => Promise.resolve(permission));
  await switchNotifying(true);
  expect(notifying.getState()).toBe(isOn);
  await switchNotifying(false);
  expect(notifying.getState()).toBe(false);
});
