/**
 * Which keys mean what: `c`, `Shift+U`, `Mod+k`, `g i`. `Mod` is Ctrl, or the command key of a Mac.
 *
 * A key counts by what it writes; on a layout that writes no Latin letters, by where it lies.
 */
export interface Pressed {
  readonly key: string;
  readonly code: string;
  readonly ctrlKey: boolean;
  readonly metaKey: boolean;
  readonly altKey: boolean;
  readonly shiftKey: boolean;
}

const NAMED: Readonly<Record<string, string>> = { Esc: "Escape", Space: " " };

function letter(pressed: Pressed): string {
  const { key, code } = pressed;
  const isLetter = /^\p{L}$/u.test(key);
  if (isLetter && !/^[a-z]$/i.test(key) && code.startsWith("Key")) return code.slice(3).toLowerCase();
  return key.length === 1 ? key.toLowerCase() : key;
}

/** The chord that was pressed, as it is written in the table of actions. */
export function chord(pressed: Pressed): string | null {
  if (pressed.altKey) return null;
  const key = letter(pressed);
  const isMod = pressed.ctrlKey || pressed.metaKey;
  const isShifted = pressed.shiftKey && (isMod || /^[a-z]$/.test(key));
  const name = Object.entries(NAMED).find(([, meant]) => meant === key)?.[0] ?? key;
  return `${isMod ? "Mod+" : ""}${isShifted ? "Shift+" : ""}${isShifted ? name.toUpperCase() : name}`;
}

/** A chord for people: `⌘K` on a Mac, `Ctrl+K` elsewhere. */
export function spoken(keys: string, isMac: boolean): string {
  return keys
    .replace("Mod+", isMac ? "⌘" : "Ctrl+")
    .replace("Shift+", isMac ? "⇧" : "Shift+")
    .replace("ArrowDown", "↓")
    .replace("ArrowUp", "↑")
    .replace(/\b([a-z])$/, (last) => (keys.startsWith("Mod+") ? last.toUpperCase() : last));
}
