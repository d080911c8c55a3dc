import { cleanup, render, screen } from "@testing-library/react";
import { afterEach, expect, it } from "vitest";

import { Remedy } from "./Remedy";

afterEach(cleanup);

it.each([
  ["run `thrum doctor --fix` or `thrum sync on`", ["thrum doctor --fix", "thrum sync on"]],
  ["nothing to type", []],
  ["one ` alone", []],
  ["", []],
  ["`thrum start`", ["thrum start"]],
])("offers what is to be typed in %j, and shows all of it", (text, commands) => {
  const { container } = render(<Remedy text={text} />);
  expect([...container.querySelectorAll("code")].map((each) => each.textContent)).toEqual(commands);
  expect(screen.queryAllByRole("button").map((each) => each.getAttribute("aria-label"))).toEqual(commands.map((each) => `Copy ${each}`));
  for (const words of text.split("`")) expect(container.textContent).toContain(words);
});
