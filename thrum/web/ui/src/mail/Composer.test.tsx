import { cleanup, render, screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, expect, it, vi } from "vitest";

import { DoingContext } from "@/actions/DoingContext";
import type { Doing } from "@/actions/table";
import { makeStore, StoreContext } from "@/store/store";
import { ME } from "@/test/shapes";

import { Composer } from "./Composer";
import { draftOf } from "./drafts";

interface Sending {
  readonly keep: () => void;
  readonly refuse: (error: Error) => void;
}

function shown(onSent = vi.fn()): { sendings: Sending[]; field: () => HTMLTextAreaElement; onSent: typeof onSent } {
  const sendings: Sending[] = [];
  const store = makeStore({ me: ME, link: "open" });
  const desk = {
    send: () => new Promise<void>((keep, refuse) => sendings.push({ keep, refuse })),
    toast: () => undefined,
  };
  const doing = { desk, state: store.getState } as unknown as Doing;
  render(
    <StoreContext value={store}>
      <DoingContext value={doing}>
        <Composer draftKey="talk with nux" to={["nux"]} isFixed label="Write" onSent={onSent} />
      </DoingContext>
    </StoreContext>,
  );
  return { sendings, onSent, field: () => screen.getByLabelText<HTMLTextAreaElement>("Message") };
}

afterEach(cleanup);

const KEY = `${ME.id} talk with nux`;

it("drops the draft once the message is kept, and not before", async () => {
  const user = userEvent.setup();
  const { sendings, field, onSent } = shown();
  await user.type(field(), "hello{Control>}{Enter}{Enter}{/Control}");
  expect([sendings.length, field().value, draftOf(KEY)?.text]).toEqual([1, "hello", "hello"]);
  sendings[0]?.keep();
  await waitFor(() => expect(field().value).toBe(""));
  expect([draftOf(KEY), onSent.mock.calls.length]).toEqual([null, 1]);
});

it.each(["the disk is full", "nobody is known yet", "denied"])("gives nothing away when it is refused as %s", async (why) => {
  const user = userEvent.setup();
  const { sendings, field, onSent } = shown();
  await user.type(field(), "hello{Control>}{Enter}{/Control}");
  sendings[0]?.refuse(new Error(why));
  await screen.findByText(why);
  expect([field().value, draftOf(KEY)?.text, onSent.mock.calls.length]).toEqual(["hello", "hello", 0]);
  await user.type(field(), "{Control>}{Enter}{/Control}");
  expect(sendings.length).toBe(2);
});

it("keeps what is typed while the message is on its way", async () => {
  const user = userEvent.setup();
  const { sendings, field } = shown();
  await user.type(field(), "first{Control>}{Enter}{/Control}second");
  sendings[0]?.keep();
  await waitFor(() => expect(field().value).toBe("second"));
  expect(draftOf(KEY)?.text).toBe("second");
});
