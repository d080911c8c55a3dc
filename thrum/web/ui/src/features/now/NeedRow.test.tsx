import { cleanup, screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, expect, it } from "vitest";

import type { Prompt } from "@/store/entities";
import { applyPushes } from "@/store/pushes";
import { needs } from "@/store/selectors";
import { INITIAL } from "@/store/state";
import { onPage, type Page } from "@/test/page";
import { member } from "@/test/shapes";

import { NeedRow } from "./NeedRow";

afterEach(cleanup);

const ASKS: Prompt = {
  id: "msg_1",
  agent_id: "nux",
  runtime: "claude",
  since: "2026-01-01T00:00:00Z",
  expires_at: "2026-01-01T08:00:00Z",
  way: "hook",
  recipients: ["boss"],
  nudges: 1,
  tool: "Bash",
  details: '{"command": "rm -rf \u202e*build*"}',
};
const told = (...prompts: Prompt[]) => applyPushes(INITIAL, [{ method: "notification.prompts", params: { prompts } }]).state;

function shown(prompt: Prompt, answer: () => unknown = () => ({})): Page {
  const [need] = needs(told(prompt));
  if (!need) throw new Error("nothing is needed");
  return onPage(<NeedRow need={need} />, { "prompt.answer": answer });
}

it("needs an answer once for each question, and none when all are answered", () => {
  const waiting = member("nux", { state: "waiting" });
  const state = { ...told(ASKS, { ...ASKS, id: "msg_2", agent_id: "slit" }), members: new Map([["nux", waiting]]) };
  expect(needs(state).map((need) => [need.what, need.from])).toEqual([["waiting", "nux"], ["waiting", "slit"]]);
  expect(needs({ ...state, prompts: [] }).map((need) => need.key)).toEqual(["waiting nux"]);
});

it.each([
  ["Allow once", true, "msg_1 allow"],
  ["Refuse", false, "msg_1 deny"],
])("answers where it stands, by a name of its own: %s", async (name, allow, client_id) => {
  const { asked } = shown(ASKS);
  expect(document.body.textContent).toContain('Bash {"command": "rm -rf ⟨U+202E⟩*build*"}');
  await userEvent.setup().click(screen.getByRole("button", { name }));
  await waitFor(() => expect(asked).toEqual([`prompt.answer ${JSON.stringify({ id: "msg_1", allow, client_id })}`]));
});

it("offers no refusal where no key refuses", () => {
  shown({ ...ASKS, way: "pane", can_deny: false });
  expect(screen.queryByRole("button", { name: "Refuse" })).toBeNull();
});

it("says why an answer does not count", async () => {
  const { store } = shown(ASKS, () => {
    throw new Error("nobody waits");
  });
  await userEvent.setup().click(screen.getByRole("button", { name: "Allow once" }));
  await waitFor(() => expect(store.getState().toasts).toHaveLength(1));
});
