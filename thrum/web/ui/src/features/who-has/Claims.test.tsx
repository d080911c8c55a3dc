import { act, cleanup, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, expect, it } from "vitest";

import type { Answers } from "@/test/page";
import { onPage, type Page } from "@/test/page";
import { RpcError } from "@/rpc/RpcError";
import { claim } from "@/test/shapes";

import { Claims } from "./Claims";

afterEach(cleanup);

const LATER = "2999-01-01T00:00:00Z";
const ONE = claim("src/auth/**", { until: LATER, note: "moving \u202etokens", confirmed: false, shared: true });
const LOST = claim("src/auth/jwt.py", { until: LATER, state: "lost", agent_id: "slit", won_by: ONE.claim_id });

function shown(query = "", answers: Answers = {}): Page {
  return onPage(<Claims query={query} />, { "claim.list": () => ({ claims: [ONE, LOST, claim("gone", { until: LATER, state: "released" })] }), ...answers });
}
const rows = async (): Promise<string[]> => (await screen.findAllByRole("row")).slice(1).map((row) => row.textContent);

it("says who has what, why, and what is doubtful about it", async () => {
  shown();
  const [one, lost, ...others] = await rows();
  expect(others).toEqual([]);
  for (const words of ["src/auth/**", "nux", "until", "with others", "not confirmed", "moving ⟨U+202E⟩tokens"]) expect(one).toContain(words);
  expect(lost).toContain("lost to nux");
  expect(screen.getAllByRole("button")).toHaveLength(1); // what is lost is nobody's to release
});

it.each([
  ["JWT", 1],
  ["slit", 1],
  ["tokens", 1],
  ["elsewhere", 0],
])("finds by %s: %i", async (query, count) => {
  const { asked } = shown(query);
  await expect.poll(() => asked.length).toBe(1);
  await expect.poll(() => screen.queryAllByRole("row").length).toBe(count && count + 1);
});

it("is released once one is sure, and goes when the daemon says so", async () => {
  const user = userEvent.setup();
  const { asked, desk, store } = shown("", { "claim.release": () => ({ claims: [] }) });
  await user.click(await screen.findByRole("button", { name: "Release src/auth/**" }));
  expect([document.activeElement?.textContent, asked.length]).toEqual(["Release", 1]);
  await user.keyboard("{Escape}");
  expect(document.activeElement?.textContent).toBe("Release");
  await user.click(document.activeElement!);
  await user.click(screen.getByText("Cancel"));
  await user.click(screen.getByRole("button", { name: "Release src/auth/**" }));
  await user.click(screen.getByRole("button", { name: "Release" }));
  expect(asked.slice(1)).toEqual([`claim.release {"what":["${ONE.claim_id}"]}`]);
  await expect.poll(() => store.getState().toasts.map((each) => each.text)).toEqual(["src/auth/** is no longer nux's"]);
  act(() => desk.looking.take([{ method: "notification.claim", params: { claim: { ...ONE, state: "released" } } }]));
  expect(await rows()).toHaveLength(1);
});

it("says why it was refused, and stays", async () => {
  const user = userEvent.setup();
  shown("", { "claim.release": () => Promise.reject(new RpcError("not_found", "nobody holds it", "look again")) });
  await user.click(await screen.findByRole("button", { name: "Release src/auth/**" }));
  await user.click(screen.getByRole("button", { name: "Release" }));
  expect((await screen.findByRole("alert")).textContent).toBe("nobody holds it look again");
});

it("shows so many at a time", async () => {
  const user = userEvent.setup();
  shown("", { "claim.list": () => ({ claims: Array.from({ length: 103 }, (_, index) => claim(`task:${index}`, { kind: "key", until: LATER })) }) });
  expect(await rows()).toHaveLength(100);
  await user.click(screen.getByRole("button", { name: "Show 3 more claims" }));
  expect(await rows()).toHaveLength(103);
});
