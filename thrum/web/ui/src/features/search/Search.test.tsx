import { act, cleanup, renderHook, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { createElement, type ReactElement, type ReactNode } from "react";
import { afterEach, beforeEach, expect, it } from "vitest";

import { DoingContext } from "@/actions/DoingContext";
import type { Doing } from "@/actions/table";
import type { Found } from "@/mail/FoundRow";
import { RpcError } from "@/rpc/RpcError";
import { Desk } from "@/store/Desk";
import { makeStore, StoreContext } from "@/store/store";
import { onPage } from "@/test/page";
import { ME } from "@/test/shapes";

import { Search } from "./Search";
import { halfOf, idOf, questionOf, useFound, type Finding } from "./useFound";

beforeEach(() => window.history.replaceState(null, "", "/search"));
afterEach(cleanup);

const found = (id: string): Found => ({ kind: "message", id, agent_id: "nux", created_at: "2026-01-01T00:00:00Z", snippet: [{ text: "a " }, { text: "b", mark: true }] });

const settled = (run: () => void): Promise<void> =>
  act(async () => {
    run();
    await Promise.resolve();
  });

interface Asked {
  readonly query: string;
  readonly cursor?: string;
  readonly answer: (ids: readonly string[], more?: object) => Promise<void>;
  readonly refuse: (error: Error) => Promise<void>;
}

/** What is found for a text that changes, before a daemon that answers when a test says so. */
function finding(first: string): { asked: Asked[]; now: () => Finding; type: (text: string) => void } {
  const asked: Asked[] = [];
  const store = makeStore({ me: ME, link: "open", isLoaded: true });
  const desk = new Desk(store, {
    request: (_, params) =>
      new Promise((keep, refuse) => {
        asked.push({
          ...(params as { query: string }),
          answer: (ids, more = {}) => settled(() => keep({ results: ids.map((id) => found(id)), total: ids.length, ...more })),
          refuse: (error) => settled(() => refuse(error)),
        });
      }),
  });
  const doing = { desk, state: store.getState } as Doing;
  const Around = ({ children }: { readonly children: ReactNode }): ReactElement => createElement(StoreContext, { value: store }, createElement(DoingContext, { value: doing }, children));
  const { result, rerender } = renderHook(({ text }) => useFound(text, "relevance"), { wrapper: Around, initialProps: { text: first } });
  return { asked, now: () => result.current, type: (text) => rerender({ text }) };
}
const ids = (finding: Finding): string[] | undefined => finding.answer?.results.map(idOf);

it("asks once one stops typing, and shows what it had until the answer to that is there", async () => {
  const { asked, now, type } = finding("t");
  type("to");
  type("tok");
  await expect.poll(() => asked.map((each) => each.query)).toEqual(["tok"]);
  await asked[0]?.answer(["one"]);
  type("token");
  expect([ids(now()), now().isCurrent]).toEqual([["one"], false]);
  await expect.poll(() => asked.length).toBe(2);
  type("tokens");
  await expect.poll(() => asked.length).toBe(3);
  await asked[2]?.answer(["three"]);
  await asked[1]?.answer(["two"]); // too late: nobody looks for that any more
  expect([ids(now()), now().isCurrent]).toEqual([["three"], true]);
  type("  ");
  expect([now().answer, asked.length]).toEqual([null, 3]);
});

it.each([
  ["", ""],
  [" tok ", "tok"],
  ["tok from:", "tok"],
  ["from:", ""],
  ["tok -Has:", "tok"],
  ["tok from:n", "tok from:n"],
  ["http:", "http:"],
  ["src/from:", "src/from:"],
])("asks for %j by %j", (text, query) => expect(questionOf(text)).toBe(query));

it.each([
  ["tok", "tok"],
  ["from:nux src/auth/jw", "src/auth/jw"],
  ['"a b" caf\u00e9', "caf\u00e9"],
  ["t", ""],
  ["tok*", ""],
  ["-tok", ""],
  ["from:nu", ""],
  ['"tok', ""],
  ['"a tok"', ""],
  ["tok OR", ""],
])("of %j takes %j for half a word", (query, half) => expect(halfOf(query)).toBe(half));

it("finds by half a word what begins with it, where no word is so", async () => {
  const { asked, now } = finding("from:nux tok");
  await expect.poll(() => asked.length).toBe(1);
  await asked[0]?.answer([], { notice: "as words" });
  expect([asked[1]?.query, now().answer]).toEqual(["from:nux tok*", null]);
  await asked[1]?.answer(["one"], { next_cursor: "c" });
  expect([ids(now()), now().answer?.notice]).toEqual([["one"], "as words; no word is \u201ctok\u201d: these begin so"]);
  act(() => now().more());
  expect([asked[2]?.query, asked[2]?.cursor]).toEqual(["from:nux tok*", "c"]);
});

it("goes on where the page ended, once, and has each thing once", async () => {
  const { asked, now } = finding("tok");
  await expect.poll(() => asked.length).toBe(1);
  await asked[0]?.answer(["one", "two"], { next_cursor: "c", notice: "as words" });
  act(() => {
    now().more();
    now().more();
  });
  expect(asked.slice(1).map((each) => each.cursor)).toEqual(["c"]);
  await asked[1]?.refuse(new RpcError("busy", "it is busy"));
  expect([ids(now()), String(now().error)]).toEqual([["one", "two"], "RpcError: it is busy"]);
  act(() => now().more());
  await asked[2]?.answer(["two", "three"]);
  expect([ids(now()), now().answer?.notice, now().answer?.next]).toEqual([["one", "two", "three"], "as words", ""]);
});

it("goes on in each answer, though they end at the same place", async () => {
  const { asked, now, type } = finding("tok");
  await expect.poll(() => asked.length).toBe(1);
  await asked[0]?.answer(["one"], { next_cursor: "c" });
  act(() => now().more());
  type("token");
  await expect.poll(() => asked.length).toBe(3);
  await asked[2]?.answer(["one"], { next_cursor: "c" });
  await asked[1]?.answer(["of the other"]);
  act(() => now().more());
  await asked[3]?.answer(["two"]);
  expect(ids(now())).toEqual(["one", "two"]);
});

it("says why nothing was found, and tries again", async () => {
  const { asked, now } = finding("tok");
  await expect.poll(() => asked.length).toBe(1);
  await asked[0]?.refuse(new RpcError("invalid_params", "too long"));
  expect(String(now().error)).toContain("too long");
  act(() => now().again());
  await expect.poll(() => asked.length).toBe(2);
  await asked[1]?.answer(["one"]);
  expect([ids(now()), now().error]).toEqual([["one"], null]);
});

it("teaches how to look for things, and has what is looked for in the address", async () => {
  const user = userEvent.setup();
  const { asked } = onPage(<Search />, { "message.search": () => ({ results: [], total: 0, notice: "searched as words" }) });
  const field = screen.getByRole<HTMLInputElement>("searchbox", { name: "Search" });
  expect(document.activeElement).toBe(field);
  await user.click(screen.getByRole("button", { name: "group:" }));
  await user.keyboard("crew");
  expect([field.value, window.location.search]).toEqual(["group:crew", "?q=group%3Acrew"]);
  expect((await screen.findByText("Nothing found.")).textContent).toContain("searched as words");
  expect(asked).toEqual([`message.search ${JSON.stringify({ query: "group:crew", sort: "relevance", limit: 30 })}`]);
  await user.selectOptions(screen.getByRole("combobox", { name: "Order" }), "new");
  expect(window.location.search).toBe("?q=group%3Acrew&sort=new");
  await user.clear(field);
  expect([window.location.search, screen.queryByText("Nothing found.")]).toEqual(["?sort=new", null]);
});
