import { act, screen } from "@testing-library/react";
import { expect, it } from "vitest";

import { applyPushes } from "@/store/pushes";
import { member } from "@/test/shapes";
import { onPage } from "@/test/page";

import { Now } from "./Now";

it("says how many monitors run, and which do not, as long as there are any", () => {
  const { store } = onPage(<Now />, {}, { members: new Map([["nux", member("nux")]]) });
  const told = (monitors: object): void =>
    act(() => store.setState(applyPushes(store.getState(), [{ method: "notification.monitors", params: { monitors } }]).state));
  expect(screen.queryByText(/Monitors/)).toBeNull();
  told({ running: 3, dead: ["disk"], stopped: ["api", "web"] });
  expect(screen.getByText("Monitors: 3 running, disk dead, 2 stopped").dataset["strong"]).toBe("true");
  told({ running: 1 });
  expect(screen.getByText("Monitors: 1 running").dataset["strong"]).toBeUndefined();
  told({});
  expect(screen.queryByText(/Monitors/)).toBeNull();
});
