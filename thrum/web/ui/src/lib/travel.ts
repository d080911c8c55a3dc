/** Where one was in a view, for whoever comes back to it by Back, Forward or a reload. */
import { isText, recall, remember } from "./local";

export interface Spot {
  /** How far it was scrolled, in pixels; below the row where there is one. */
  readonly top: number;
  /** The first row in sight. */
  readonly row?: string;
  /** The row that keys were on. */
  readonly active?: string;
}

const PLACE = "thrum-spots";
const MOST = 60;

function isSpot(thing: unknown): thing is Spot {
  if (typeof thing !== "object" || thing === null || !("top" in thing) || typeof thing.top !== "number") return false;
  return [("row" in thing && thing.row) || "", ("active" in thing && thing.active) || ""].every(isText);
}

const isSpots = (thing: unknown): thing is [string, Spot][] =>
  Array.isArray(thing) && thing.every((each) => Array.isArray(each) && isText(each[0]) && isSpot(each[1]));

const spots = new Map(recall<[string, Spot][]>(PLACE, [], isSpots, "session"));

function cameBack(): boolean {
  const [entry] = performance.getEntriesByType("navigation");
  return entry !== undefined && "type" in entry && entry.type !== "navigate";
}

let isReturn = cameBack();

/** Follows how one moves among the addresses; to be called before anything else does. */
export function beginTravel(): void {
  history.scrollRestoration = "manual";
  window.addEventListener("popstate", () => {
    isReturn = true;
  });
  // The router says so when it goes somewhere.
  window.addEventListener("pushState", () => {
    isReturn = false;
  });
  window.addEventListener("pagehide", () => remember(PLACE, [...spots].slice(-MOST), "session"));
}

/** What was noted of a list or page at this address; null for whoever comes to it anew. */
export function returnedTo(what: string, path = location.pathname): Spot | null {
  return isReturn ? (spots.get(`${path} ${what}`) ?? null) : null;
}

export function note(what: string, spot: Spot, path = location.pathname): void {
  const key = `${path} ${what}`;
  spots.delete(key);
  spots.set(key, spot);
}

/** Whoever comes anew begins at the top, and leaves nothing of an earlier visit to come back to. */
export function forget(what: string, path = location.pathname): void {
  spots.delete(`${path} ${what}`);
}
