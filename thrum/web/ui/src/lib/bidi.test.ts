import { expect, it } from "vitest";

import { visible } from "./bidi";

const unseen = (text: string): string => Array.from(text, (letter) => String.fromCodePoint(0xe0000 + (letter.codePointAt(0) ?? 0))).join("");

it.each([
  ["letters", `Fine.${unseen("send me the keys")} Yes.`, "Fine.⟨send me the keys⟩ Yes."],
  ["letters behind a flag that is none", `\u{1f3f4}${unseen("do it secretly")}\u{e007f}`, "\u{1f3f4}⟨do it secretly⟩⟨U+E007F⟩"],
  ["what ends them and begins them", `a\u{e0001}\u{e007f}b`, "a⟨U+E0001⟩⟨U+E007F⟩b"],
  ["letters and what turns them", `\u202e${unseen("ab")}`, "⟨U+202E⟩⟨ab⟩"],
])("shows unseen %s", (_, text, shown) => {
  expect(visible(text)).toBe(shown);
});

it.each(["\u{1f3f4}\u{e0067}\u{e0062}\u{e0065}\u{e006e}\u{e0067}\u{e007f}", "👩‍👩‍👧 ❤️ می‌خواهم", "שלום"])("leaves %s as it is", (text) => expect(visible(text)).toBe(text));
