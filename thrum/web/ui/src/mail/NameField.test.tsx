import { cleanup, render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, expect, it } from "vitest";

import type { Known } from "./audience";
import { NameField } from "./NameField";

afterEach(cleanup);

const KNOWN: readonly Known[] = ["furiosa", "nux", "nadja"].map((name) => ({ name, kind: "agent" }));

function shown(): { picked: string[]; user: ReturnType<typeof userEvent.setup>; field: HTMLElement } {
  const picked: string[] = [];
  render(<NameField known={KNOWN} label="To" hint="" onPick={(name) => picked.push(name)} />);
  return { picked, user: userEvent.setup(), field: screen.getByRole("combobox", { name: "To" }) };
}

const meant = (field: HTMLElement): string | undefined => document.getElementById(field.getAttribute("aria-activedescendant") ?? "")?.textContent;

it("means the first that fits, another by arrows, and the first again once more is typed", async () => {
  const { user, field, picked } = shown();
  await user.type(field, "n");
  const seen = [meant(field)];
  for (const key of ["{ArrowDown}", "{ArrowDown}", "{ArrowUp}", "u"]) {
    await user.keyboard(key);
    seen.push(meant(field));
  }
  expect(seen).toEqual(["nuxagent", "nadjaagent", "nuxagent", "nadjaagent", "nuxagent"]);
  await user.keyboard("{Enter}");
  expect([picked, (field as HTMLInputElement).value, document.activeElement]).toEqual([["nux"], "", field]);
  expect(field.getAttribute("aria-expanded")).toBe("false");
});

it("offers everybody on a click or an arrow, and nobody after Escape or elsewhere", async () => {
  const { user, field, picked } = shown();
  await user.click(field);
  expect(screen.getAllByRole("option")).toHaveLength(3);
  await user.keyboard("{Escape}");
  expect(screen.queryByRole("listbox")).toBeNull();
  await user.keyboard("{ArrowDown}");
  await user.click(screen.getByText("nux"));
  expect([picked, document.activeElement]).toEqual([["nux"], field]);
  await user.click(field);
  await user.tab();
  expect(screen.queryByRole("listbox")).toBeNull();
});

it("takes no Enter for a name where none is offered", async () => {
  const { user, field, picked } = shown();
  await user.type(field, "zzz{Enter}");
  expect([picked, (field as HTMLInputElement).value]).toEqual([[], "zzz"]);
});
