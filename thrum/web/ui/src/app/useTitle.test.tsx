import { act, cleanup } from "@testing-library/react";
import type { ReactElement } from "react";
import { afterEach, beforeEach, expect, it } from "vitest";

import { put } from "@/store/messages";
import type { State } from "@/store/state";
import { message } from "@/test/shapes";
import { onPage, type Page } from "@/test/page";

import { hueOf, useTitle } from "./useTitle";

const health = { identity: { repo_name: "refinery" } } as State["health"];
const NAMED = { refs: [{ type: "mention", value: "dana" }] };

beforeEach(() => {
  const link = document.createElement("link");
  [link.rel, link.href] = ["icon", "/favicon.svg"];
  document.head.replaceChildren(link);
});
afterEach(cleanup);

function Titled(): ReactElement {
  useTitle();
  return <p />;
}

const icon = (): string => decodeURIComponent(document.querySelector<HTMLLinkElement>("link[rel=icon]")?.href ?? "");

function comes({ store }: Page, part: object): void {
  const inbox = put(store.getState(), [message(part)], true);
  const counts = { inbox: inbox.inbox.length, mentions: 0, groups: {}, partners: {} };
  act(() => store.setState({ ...inbox, counts }));
}

it("says in title and icon of the tab what waits, and marks only what needs one", () => {
  const page = onPage(<Titled />, {}, { health });
  expect([document.title, icon().includes("<circle")]).toEqual(["refinery", false]);
  comes(page, { audiences: [{ type: "broadcast", value: "everyone" }] });
  expect([document.title, icon().includes("<circle")]).toEqual(["(1) refinery", false]);
  comes(page, NAMED);
  expect([document.title, icon().includes("<circle")]).toEqual(["(1!) refinery", true]);
  act(() => page.store.setState({ messages: new Map([...page.store.getState().messages].map(([id, each]) => [id, { ...each, is_read: true }])), counts: { inbox: 0, mentions: 0, groups: {}, partners: {} } }));
  expect([document.title, icon().includes("<circle")]).toEqual(["refinery", false]);
});

it("leaves the icon alone until it knows the repository", () => {
  onPage(<Titled />, {});
  expect(icon()).toContain("/favicon.svg");
});

it.each(["", "refinery", "outpost", "größe", "🙂"])("gives %s a hue of its own that stays", (name) => {
  const hue = hueOf(name);
  expect([hue, hue >= 0 && hue < 360]).toEqual([hueOf(name), true]);
  expect(new Set(["refinery", "outpost", "citadel"].map(hueOf)).size).toBe(3);
});
