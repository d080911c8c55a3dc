/** Controls that turn the direction of a text: invisible, and so a way to make it lie. */
const CONTROLS = /[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu;

/** The text with each direction control as a visible mark, `⟨U+202E⟩`. */
export function visible(text: string): string {
  return text.replace(CONTROLS, (control) => {
    const code = control.codePointAt(0) ?? 0;
    return `⟨U+${code.toString(16).toUpperCase().padStart(4, "0")}⟩`;
  });
}
