import { act, cleanup, fireEvent, render, screen } from "@testing-library/react";
import type { ReactElement } from "react";
import { afterEach, expect, it } from "vitest";

import { useHeld, useSteady } from "./useSteady";

afterEach(cleanup);

/** Rows whose order is made anew with each drawing, as views make theirs. */
function Rows({ now, by = "" }: { readonly now: string; readonly by?: string }): ReactElement {
  const { isHeld, handlers } = useHeld();
  const { ids, moved, release } = useSteady(Array.from(now), isHeld, by);
  return (
    <div data-testid="rows" {...handlers}>
      {now.includes("x") ? <a href="/x">x</a> : null}
      <button onClick={release}>{moved}</button>
      <output>{ids.join("")}</output>
    </div>
  );
}

const shown = (): (string | null)[] => [screen.getByRole("status").textContent, screen.getByRole("button").textContent];

it("follows while nobody is there, and stays while somebody is", () => {
  const { rerender } = render(<Rows now="abc" />);
  rerender(<Rows now="cab" />);
  expect(shown()).toEqual(["cab", "0"]);
  fireEvent.pointerEnter(screen.getByTestId("rows"));
  rerender(<Rows now="abc" />);
  rerender(<Rows now="bac" />);
  expect(shown()).toEqual(["cab", "2"]);
  fireEvent.pointerLeave(screen.getByTestId("rows"));
  expect(shown()).toEqual(["bac", "0"]);
});

it.each(["the button", "the person's own doing", "another window"])("lets go by %s", (why) => {
  const { rerender } = render(<Rows now="abc" />);
  act(() => screen.getByRole("button").focus());
  rerender(<Rows now="cba" />);
  expect(shown()[0]).toBe("abc");
  if (why === "the button") fireEvent.click(screen.getByRole("button"));
  else if (why === "another window") fireEvent.blur(window);
  else rerender(<Rows now="cba" by="pin" />);
  expect(shown()).toEqual(["cba", "0"]);
});

it("lets go where what had the focus is gone from the page", () => {
  const { rerender } = render(<Rows now="xabc" />);
  act(() => screen.getByRole("link").focus());
  rerender(<Rows now="xcba" />);
  expect(shown()).toEqual(["xabc", "2"]);
  // jsdom says nothing of it by itself, browsers do.
  fireEvent.focusOut(screen.getByRole("link"), { relatedTarget: null });
  rerender(<Rows now="cba" />);
  expect(shown()).toEqual(["cba", "0"]);
});
