import { cleanup, render, screen } from "@testing-library/react";
import { afterEach, expect, it, vi } from "vitest";

import type { Member } from "@/store/entities";
import type { State } from "@/store/state";
import { makeStore, StoreContext } from "@/store/store";
import { member } from "@/test/shapes";

import { Evidence } from "./Evidence";

const NOW = Date.parse("2026-01-01T12:00:00Z");
vi.hoisted(() => vi.setSystemTime("2026-01-01T12:00:00Z"));

afterEach(cleanup);

function shown(part: Partial<Member>, state: Partial<State> = { link: "open" }): string {
  const { container } = render(
    <StoreContext value={makeStore(state)}>
      <Evidence member={member("nux", part)} />
    </StoreContext>,
  );
  return container.textContent;
}

const ago = (seconds: number): string => new Date(NOW - seconds * 1_000).toISOString();

it.each([
  [{ state: "working", evidence: "hook", since: ago(40), heard: ago(2) }, "runtime, 40 s"],
  [{ state: "blocked", evidence: "said", since: ago(180) }, "its word, 3 min"],
  [{ state: "live", evidence: "process", since: ago(7_200) }, "process, 2 h"],
  [{ state: "waiting", evidence: "newer than this page", since: ago(5) }, "5 s"],
  [{ state: "working", evidence: "hook", since: ago(900), heard: ago(540) }, "silent for 9 min"],
  [{ state: "idle", evidence: "said" }, ""],
  [{ state: "working", evidence: "hook", since: ago(900), heard: ago(40), tool: "Bash" }, "Bash, 40 s"],
  [{ state: "waiting", evidence: "hook", since: ago(40), heard: ago(2), tool: "Bash" }, "Bash, 40 s"],
  [{ state: "working", evidence: "hook", since: ago(900), heard: ago(540), tool: "Bash" }, "silent for 9 min"],
  [{ state: "working", evidence: "hook", since: ago(5), heard: ago(5), tool: "mcp__a\u202eb" }, "mcp__a⟨U+202E⟩b, 5 s"],
])("says of %j how it is known, and since when: %j", (part, words) => expect(shown(part)).toBe(words));

it("stands still while there is no connection", () => {
  const part = { state: "working", evidence: "hook", since: ago(100), heard: ago(90) };
  expect(shown(part, { link: "lost", linkSince: NOW - 60_000 })).toBe("runtime, 40 s");
  expect(screen.queryByText(/silent/)).toBeNull();
});
