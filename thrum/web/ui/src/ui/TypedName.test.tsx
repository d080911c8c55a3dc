import { cleanup, render, screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, expect, it, vi } from "vitest";

import { RpcError } from "@/rpc/RpcError";

import { TypedName } from "./TypedName";

afterEach(cleanup);

function shown(run: () => Promise<void>): ReturnType<typeof userEvent.setup> {
  render(<TypedName label="Delete" ask="Type nux." name="nux" run={run} />);
  return userEvent.setup();
}

it.each(["", "nu", "nuxx", "NUX", "toast"])("does nothing for %j", async (typed) => {
  const run = vi.fn(() => Promise.resolve());
  const user = shown(run);
  await user.click(screen.getByRole("button", { name: "Delete" }));
  await user.keyboard(`${typed}{Enter}`);
  expect(screen.getByRole<HTMLButtonElement>("button", { name: "Delete" }).disabled).toBe(true);
  expect(run).not.toHaveBeenCalled();
});

it("acts once for the name, by keys alone", async () => {
  let done: () => void = () => undefined;
  const run = vi.fn(() => new Promise<void>((resolve) => (done = resolve)));
  const user = shown(run);
  await user.tab();
  await user.keyboard("{Enter}nux{Enter}{Enter}");
  expect(run).toHaveBeenCalledTimes(1);
  done();
  await waitFor(() => expect(screen.queryByLabelText("Type nux.")).toBeNull());
});

it("says why it was refused, and can be tried again or left", async () => {
  const run = vi.fn(() => Promise.reject(new RpcError("not_allowed", "nux may be alive", "delete it there")));
  const user = shown(run);
  await user.click(screen.getByRole("button", { name: "Delete" }));
  await user.keyboard("nux{Enter}");
  await waitFor(() => expect(screen.getByRole("alert").textContent).toBe("nux may be alive delete it there"));
  await user.click(screen.getByRole("button", { name: "Delete" }));
  expect(run).toHaveBeenCalledTimes(2);
  await user.click(screen.getByRole("button", { name: "Cancel" }));
  expect(screen.queryByRole("alert")).toBeNull();
});
