import { expect, it } from "vitest";

import { pieces, type Piece } from "./pieces";

const shown = (...snippet: Piece[]): string => pieces(snippet).map(({ text, mark }) => (mark ? `[${text}]` : text)).join("");
const word = (text: string): Piece => ({ text, mark: true });

it.each<[string, readonly Piece[]]>([
  ["…see [heronry] and [heron_feed].py now…", [{ text: "…see **" }, word("heronry"), { text: "**\nand `" }, word("heron_feed"), { text: ".py` now…" }]],
  ["Herons are [fed], [gulls] not", [{ text: "# Herons\n\n- [ ] are " }, word("fed"), { text: ",\n- " }, word("gulls"), { text: " not" }]],
  ["[one], two", [{ text: "| a | b |\n|---|---|\n| ".slice(20) }, word("one"), { text: " | two |" }]],
  ["[x]", [{ text: "\uE001\uE000" }, word("x\uE001")]],
  ["", []],
])("shows %j", (text, snippet) => expect(shown(...snippet)).toBe(text));
