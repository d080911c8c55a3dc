/** A piece of a text that was found, in one line and without the marks of Markdown, and which words of it were looked for. */
import type { Found } from "./FoundRow";
import { gist } from "./MessageRow";

export type Piece = Found["snippet"][number];

/** Around words that were looked for; no text may bring them along. */
const OPEN = "\uE000";
const SHUT = "\uE001";
const BOTH = /[\uE000\uE001]/g;
const MARKED = /(\uE000[^\uE001]*\uE001)/;

export function pieces(snippet: readonly Piece[]): Piece[] {
  const whole = snippet.map(({ text, mark }) => {
    const own = text.replace(BOTH, "");
    return mark ? `${OPEN}${own}${SHUT}` : own;
  });
  return gist(whole.join(""))
    .split(MARKED)
    .map((text) => ({ text: text.replace(BOTH, ""), mark: text.startsWith(OPEN) }))
    .filter(({ text }) => text !== "");
}
