import { cleanup, screen, waitFor } from "@testing-library/react";
import { afterEach, expect, it } from "vitest";

import type { Message } from "@/store/entities";
import { put, EMPTY_SHELF } from "@/store/messages";
import { message } from "@/test/shapes";
import { onPage, type Page } from "@/test/page";

import { Feed } from "./Feed";

afterEach(() => {
  cleanup();
  history.pushState(null, "", "/");
});

/** A feed of which the page has the newest ten messages, and the daemon all. */
async function shown(path: string, all: readonly Message[]): Promise<Page> {
  history.pushState(null, "", path);
  const stretch = ({ before = "" }: { before?: string }): object => {
    const end = before ? all.findIndex((each) => each.message_id === before) : all.length;
    const from = Math.max(end - 10, 0);
    return { messages: all.slice(from, end), older: from > 0 };
  };
  const page = onPage(
    <Feed />,
    {
      "now.list": () => ({ agents: [], cursor: "c" }),
      "prompt.list": () => ({ prompts: [] }),
      health: () => ({ identity: {} }),
      "agent.list": () => ({ agents: [] }),
      "group.list": () => ({ groups: [] }),
      "message.page": stretch,
      "events.since": () => ({ pushes: [], cursor: "", more: false }),
      "inbox.counts": () => ({ inbox: 0, mentions: 0, groups: {}, partners: {}, agents: {}, cursor: "" }),
    },
    { isLoaded: false, ...put(EMPTY_SHELF, []) },
  );
  await page.desk.looking.snapshot();
  return page;
}

const pages = ({ asked }: Page): number => asked.filter((each) => each.startsWith("message.page") && each.includes("before")).length;

it("looks for older messages where few of the last ones fit", async () => {
  const all = Array.from({ length: 45 }, (_, index) => message({ agent_id: index < 3 ? "slit" : "nux" }));
  const page = await shown("/feed?from=slit", all);
  await waitFor(() => expect(page.store.getState().order).toHaveLength(45));
  expect(pages(page)).toBe(4);
});

it("says that nothing fits only when all was looked through", async () => {
  const all = Array.from({ length: 25 }, () => message());
  const page = await shown("/feed?from=toast", all);
  await waitFor(() => expect(page.store.getState().hasOlder.all).toBe(false));
  await screen.findByText("Nothing here fits the filter.");
  expect(screen.queryByRole("button", { name: "Look through older ones" })).toBeNull();
});
