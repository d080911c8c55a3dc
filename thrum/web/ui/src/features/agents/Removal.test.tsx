import { cleanup, screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, expect, it } from "vitest";

import { RpcError } from "@/rpc/RpcError";
import { onPage } from "@/test/page";

import { Removal } from "./Removal";

afterEach(cleanup);

const type = async (label: string, name: string): Promise<void> => {
  const user = userEvent.setup();
  await user.click(screen.getByRole("button", { name: label }));
  await user.keyboard(`${name}{Enter}`);
};

it("puts away what the agent wrote, says where, and asks as another the next time", async () => {
  const { asked, container, store } = onPage(<Removal id="nux" />, { "message.archive": () => ({ archived_count: 2, archive_path: "/r/.thrum/archive/nux.jsonl" }) });
  for (const times of [1, 2]) {
    await type("Put its messages away", "nux");
    await waitFor(() => expect(asked).toHaveLength(times));
    await waitFor(() => expect(screen.queryByRole("textbox")).toBeNull());
  }
  expect(container.textContent).toContain("/r/.thrum/archive/nux.jsonl");
  expect(store.getState().toasts.at(-1)?.text).toBe("2 messages put away");
  expect(new Set(asked).size).toBe(2);
});

it("goes on with the same where it was cut short", async () => {
  const { asked } = onPage(<Removal id="nux" />, { "message.archive": () => Promise.reject(new RpcError("lost", "no connection")) });
  await type("Put its messages away", "nux");
  await screen.findByRole("alert");
  await userEvent.setup().click(screen.getByRole("button", { name: "Put its messages away" }));
  await waitFor(() => expect(asked).toHaveLength(2));
  expect(new Set(asked).size).toBe(1);
});

it("deletes the agent and leaves its page", async () => {
  history.pushState(null, "", "/agents/nux");
  const { asked } = onPage(<Removal id="nux" />, { "agent.delete": () => ({ deleted: true }) });
  await type("Delete the agent", "nux");
  await waitFor(() => expect(location.pathname).toBe("/agents"));
  expect(asked).toEqual(['agent.delete {"name":"nux"}']);
});
