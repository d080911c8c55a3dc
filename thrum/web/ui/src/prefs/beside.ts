/** What a very wide window shows beside every view: the feed, or something said that was pinned there. */
import { createStore } from "zustand/vanilla";

import { recall, remember } from "@/lib/local";

const PLACE = "thrum-beside";
const KINDS = ["feed", "message", "talk"] as const;

export interface Beside {
  readonly kind: (typeof KINDS)[number];
  readonly id: string;
  readonly isShown: boolean;
}

const FEED: Beside = { kind: "feed", id: "", isShown: true };

function isBeside(thing: unknown): thing is Beside {
  if (typeof thing !== "object" || thing === null || !("kind" in thing) || !("id" in thing) || !("isShown" in thing)) return false;
  return KINDS.some((kind) => kind === thing.kind) && typeof thing.id === "string" && typeof thing.isShown === "boolean";
}

export const beside = createStore<Beside>(() => recall(PLACE, FEED, isBeside));

function become(next: Beside): void {
  remember(PLACE, next);
  beside.setState(next, true);
}

interface Said {
  readonly kind: string;
  readonly id: string;
}

/** Whether that is pinned beside. */
export function besideOf({ kind, id }: Said): boolean {
  const now = beside.getState();
  return now.kind === kind && now.id === id;
}

/** Pins it there, or gives the place back to the feed. */
export function putBeside(said: Said): void {
  const next = { kind: said.kind, id: said.id, isShown: true };
  if (besideOf(said) || !isBeside(next)) become(FEED);
  else become(next);
}

/** Shows what is beside, or hides it. */
export function showBeside(isShown = !beside.getState().isShown): void {
  become({ ...beside.getState(), isShown });
}
