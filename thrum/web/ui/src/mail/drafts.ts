/** What was begun to be written, kept in this browser until it is sent or thrown away. */
import { recall, remember } from "@/lib/local";

export interface Draft {
  readonly text: string;
  readonly to: readonly string[];
}

function isDraft(thing: unknown): thing is Draft {
  return typeof thing === "object" && thing !== null && "text" in thing && typeof thing.text === "string" && "to" in thing && Array.isArray(thing.to);
}

const place = (key: string): string => `thrum-draft ${key}`;

export function draftOf(key: string): Draft | null {
  return recall<Draft | null>(place(key), null, (thing): thing is Draft | null => thing === null || isDraft(thing));
}

/** A draft without text is dropped. */
export function keepDraft(key: string, draft: Draft): void {
  remember(place(key), draft.text.trim() ? draft : null);
}
