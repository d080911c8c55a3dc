import { act, cleanup, screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, expect, it } from "vitest";

import { applyPushes } from "@/store/pushes";
import { onPage, type Answers, type Page } from "@/test/page";

import { Exchange } from "./Exchange";

afterEach(cleanup);

const WELL = { running: true, last_sync_at: "2026-01-01T00:00:00Z", sync_state: "synced", local_only: false, remote: "/r.git" };
const DENIED = "git push: Permission denied (publickey); see `ssh -T git@example.org`";

function shown(status: object, answers: Answers = {}): Page {
  return onPage(<Exchange />, { "sync.status": () => status, ...answers });
}

it("tells the error as it is, with what may be typed", async () => {
  shown({ ...WELL, sync_state: "error", last_error: DENIED, ahead: 3 });
  expect((await screen.findByRole("alert")).textContent).toContain("Permission denied (publickey)");
  screen.getByRole("button", { name: "Copy ssh -T git@example.org" });
  expect(document.body.textContent).toContain("3 to send, 0 to take in");
});

it.each([
  [{ ...WELL, last_error: DENIED }, "The exchange failed; the settings say why."],
  [WELL, "Exchanged."],
])("exchanges now, and calls no failure a success", async (outcome, words) => {
  const { store, asked } = shown(WELL, { "sync.force": () => outcome });
  await userEvent.setup().click(await screen.findByRole("button", { name: "Exchange now" }));
  await waitFor(() => expect(store.getState().toasts.map((each) => each.text)).toEqual([words]));
  await waitFor(() => expect(asked.map((each) => each.split(" ")[0])).toEqual(["sync.status", "sync.force", "sync.status"]));
});

it("says why nothing is exchanged, and offers no exchange then", async () => {
  shown({ ...WELL, local_only: true, local_only_reason: "to share run `thrum sync on`" });
  await screen.findByRole("button", { name: "Copy thrum sync on" });
  expect(screen.queryByRole("button", { name: "Exchange now" })).toBeNull();
});

it("follows what is told of it", async () => {
  const status = { ...WELL, last_error: "" };
  const { store } = shown(status);
  await screen.findByText("in step");
  Object.assign(status, { sync_state: "error", last_error: DENIED });
  act(() => store.setState(applyPushes(store.getState(), [{ method: "notification.sync", params: { sync_state: "error" } }]).state));
  await screen.findByRole("alert");
});
