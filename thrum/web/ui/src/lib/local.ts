/** Small things this browser remembers: drafts, what is pinned, the theme. It works without, too. */

/** For how long: in this browser for good, or in this tab. */
type Span = "local" | "session";

function storage(span: Span): Storage | null {
  try {
    return span === "local" ? window.localStorage : window.sessionStorage;
  } catch {
    return null; // switched off in this browser: nothing is remembered, everything else works
  }
}

export function recall<T>(key: string, otherwise: T, isRight: (thing: unknown) => thing is T, span: Span = "local"): T {
  const text = storage(span)?.getItem(key);
  if (text === null || text === undefined) return otherwise;
  try {
    const thing: unknown = JSON.parse(text);
    return isRight(thing) ? thing : otherwise;
  } catch {
    return otherwise; // written by somebody else
  }
}

/** Remembers it; null forgets. */
export function remember(key: string, thing: unknown, span: Span = "local"): void {
  try {
    if (thing === null) storage(span)?.removeItem(key);
    else storage(span)?.setItem(key, JSON.stringify(thing));
  } catch {
    return; // full, or forbidden: what is on the screen stays
  }
}

export const isText = (thing: unknown): thing is string => typeof thing === "string";
export const isTexts = (thing: unknown): thing is string[] =>
  Array.isArray(thing) && thing.every(isText);
export const isTruth = (thing: unknown): thing is boolean => typeof thing === "boolean";
