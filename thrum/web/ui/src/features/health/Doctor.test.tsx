import { cleanup, screen, waitFor } from "@testing-library/react";
import { afterEach, expect, it } from "vitest";

import type { Finding } from "@/store/entities";
import { onPage } from "@/test/page";

import { Doctor, report } from "./Doctor";

afterEach(cleanup);

const FINDINGS: Finding[] = [
  { check: "git", level: "ok" },
  { check: "clocks", level: "note", text: "nux is 3 min ahead", todo: "set the clocks" },
  { check: "log", level: "accepted", text: "a line is no JSON", accepted_at: "2026-01-01T00:00:00Z" },
  { check: "lock", level: "wrong", text: "a lock was left", todo: "run `thrum doctor --fix`" },
];

it("tells the worst first, each with its reason and what mends it, to be copied", async () => {
  const { container } = onPage(<Doctor />, { "doctor.examine": () => ({ clean: false, findings: FINDINGS }) });
  await waitFor(() => expect(container.querySelectorAll("li")).toHaveLength(3));
  const rows = [...container.querySelectorAll("li")].map((each) => each.textContent);
  expect(rows[0]).toMatch(/✗ wrong lock.*a lock was left.*What mends it: run thrum doctor --fix/);
  expect(rows[1]).toMatch(/⚠ note clocks.*set the clocks/);
  expect(rows[2]).toContain("a line is no JSON");
  screen.getByRole("button", { name: "Copy thrum doctor --fix" });
  expect(container.textContent).toContain("1 check found nothing wrong.");
});

it("reports to somebody who helps", () => {
  expect(report(FINDINGS.slice(1, 2))).toBe("note clocks: nux is 3 min ahead\n  set the clocks");
});
