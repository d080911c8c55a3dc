import { cleanup, render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, expect, it } from "vitest";

import { Menu } from "./Menu";

afterEach(cleanup);

const LABELS = ["Reply", "Edit", "Remove", "Export"];

function shown(): { ran: string[]; user: ReturnType<typeof userEvent.setup>; button: HTMLElement } {
  const ran: string[] = [];
  render(
    <>
      <Menu label="More" choices={LABELS.map((label) => ({ label, run: () => ran.push(`${label} ${document.activeElement?.getAttribute("aria-label") ?? ""}`) }))} />
      <button type="button">Elsewhere</button>
    </>,
  );
  return { ran, user: userEvent.setup(), button: screen.getByLabelText("More") };
}

const focused = (): string | null => document.activeElement?.textContent ?? null;

it("is moved in by arrows, round and round, and by the letters with which a choice begins", async () => {
  const { user, button } = shown();
  await user.click(button);
  expect(focused()).toBe("Reply");
  const seen = [];
  for (const key of ["{ArrowDown}", "{End}", "{ArrowDown}", "{ArrowUp}", "{Home}", "re", "m", "{End}", "rep"]) {
    await user.keyboard(key);
    seen.push(focused());
  }
  expect(seen).toEqual(["Edit", "Export", "Reply", "Export", "Reply", "Remove", "Remove", "Export", "Reply"]);
});

it.each(["{Escape}", "{Tab}"])("closes by %s and gives the focus back, whatever is around it", async (key) => {
  const { user, button, ran } = shown();
  button.focus();
  await user.keyboard("{ArrowDown}");
  expect([focused(), button.getAttribute("aria-expanded")]).toEqual(["Reply", "true"]);
  await user.keyboard(key);
  expect([screen.queryByRole("menu"), document.activeElement, ran]).toEqual([null, button, []]);
});

it("does what was chosen once, with the focus back where it was", async () => {
  const { user, button, ran } = shown();
  await user.click(button);
  await user.keyboard("{ArrowDown}{Enter}");
  expect([screen.queryByRole("menu"), ran]).toEqual([null, ["Edit More"]]);
});

it("closes by its button, and by what is pressed elsewhere, which keeps the focus", async () => {
  const { user, button } = shown();
  await user.click(button);
  await user.click(button);
  expect(screen.queryByRole("menu")).toBeNull();
  await user.click(button);
  await user.click(screen.getByText("Elsewhere"));
  expect([screen.queryByRole("menu"), focused()]).toEqual([null, "Elsewhere"]);
});
