/** `@name` in a text. */

export const MENTION = /(^|[^\p{L}\p{N}_@/-])@((?:user:)?[\p{L}\p{N}_][\p{L}\p{N}_-]*)/gu;

const CODE = /```[\s\S]*?(?:```|$)|`[^`\n]*`/g;

/** The names mentioned in a text, each once, in order; code mentions nobody. */
export function mentioned(text: string): string[] {
  const plain = text.replace(CODE, " ");
  const names = [...plain.matchAll(MENTION)].map((match) => match[2] ?? "");
  return [...new Set(names.filter(Boolean))];
}

export interface Completing {
  /** What stands after the `@` so far. */
  readonly query: string;
  /** Where the `@` is. */
  readonly start: number;
}

/** The mention that is being written where the cursor is, or null. */
export function completing(text: string, cursor: number): Completing | null {
  const before = text.slice(0, cursor);
  const match = /(^|[\s([{,;:"'])@([\p{L}\p{N}_:-]*)$/u.exec(before);
  if (!match) return null;
  const query = match[2] ?? "";
  return { query, start: cursor - query.length - 1 };
}
