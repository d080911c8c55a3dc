/** Controls that turn the direction of a text: invisible, and so a way to make it lie. */
const CONTROLS = /[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\u{e0000}-\u{e001f}]|\u{e007f}(?<!\u{1f3f4}[\u{e0030}-\u{e007a}]{1,6}\u{e007f})/gu;

/** A second alphabet that no screen shows and agents read. Flags of regions are spelled with it, too. */
const UNSEEN = /(\u{1f3f4}[\u{e0030}-\u{e0039}\u{e0061}-\u{e007a}]{1,6}\u{e007f})|[\u{e0020}-\u{e007e}]+/gu;
const FIRST_UNSEEN = 0xe0000;

/** The text with each direction control as a visible mark, `⟨U+202E⟩`, and unseen letters as `⟨letters⟩`. */
export function visible(text: string): string {
  return text
    .replace(UNSEEN, (unseen, flag?: string) => flag ?? `⟨${Array.from(unseen, seen).join("")}⟩`)
    .replace(CONTROLS, mark);
}

function mark(control: string): string {
  const code = control.codePointAt(0) ?? 0;
  return `⟨U+${code.toString(16).toUpperCase().padStart(4, "0")}⟩`;
}

/** The letter of the common alphabet that an unseen one stands for. */
function seen(letter: string): string {
  return String.fromCodePoint((letter.codePointAt(0) ?? 0) - FIRST_UNSEEN);
}
