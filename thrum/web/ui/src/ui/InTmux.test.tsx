import { cleanup, render } from "@testing-library/react";
import { afterEach, expect, it } from "vitest";

import { member } from "@/test/shapes";

import { InTmux } from "./InTmux";

afterEach(cleanup);

it.each([
  ["alive", "in tmux"],
  ["stale", "its program in tmux has ended"],
  ["dead", "its tmux session has ended"],
  ["newer than this page", "newer than this page"],
  [undefined, ""],
])("says of a session that is %s: %j", (tmux, words) => {
  const { container } = render(<InTmux member={member("nux", tmux === undefined ? {} : { tmux })} />);
  expect(container.textContent).toBe(words);
});
