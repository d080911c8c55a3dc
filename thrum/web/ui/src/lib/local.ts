/** Small things this browser remembers: drafts, what is pinned, the theme. It works without, too. */

function storage(): Storage | null {
  try {
    return window.localStorage;
  } catch {
    return null; // switched off in this browser: nothing is remembered, everything else works
  }
}

export function recall<T>(key: string, otherwise: T, isRight: (thing: unknown) => thing is T): T {
  const text = storage()?.getItem(key);
  if (text === null || text === undefined) return otherwise;
  try {
    const thing: unknown = JSON.parse(text);
    return isRight(thing) ? thing : otherwise;
  } catch {
    return otherwise; // written by somebody else
  }
}

/** Remembers it; null forgets. */
export function remember(key: string, thing: unknown): void {
  try {
    if (thing === null) storage()?.removeItem(key);
    else storage()?.setItem(key, JSON.stringify(thing));
  } catch {
    return; // full, or forbidden: what is on the screen stays
  }
}

export const isText = (thing: unknown): thing is string => typeof thing === "string";
export const isTexts = (thing: unknown): thing is string[] =>
  Array.isArray(thing) && thing.every(isText);
export const isTruth = (thing: unknown): thing is boolean => typeof thing === "boolean";
