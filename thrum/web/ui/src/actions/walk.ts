/** A walk through all that needs this person, then the unread: each once, to an end, and back. */
import { inboxRows, needs } from "@/store/selectors";
import type { State } from "@/store/state";

import { linkTo, type Row } from "./rows";

export interface Stop {
  readonly key: string;
  readonly path: string;
}

export interface Walk {
  /** Where one has been, in order. */
  readonly stops: readonly Stop[];
  /** At which of them one stands; -1 before the first. */
  readonly at: number;
}

const toMessage = (id: string): Stop => ({ key: `message ${id}`, path: `/inbox/all?m=${id}` });

function toTalk(name: string, isGroup: boolean): string {
  return linkTo({ kind: "talk", id: `${isGroup ? "group" : "agent"} ${name}`, href: "" });
}

/** Where a message that could not be sent is found: in the talk that it was meant for. */
function failedStop(state: State, key: string): Stop {
  const kept = state.outbox.find((each) => key === `failed ${each.key}`);
  const name = kept?.params.mentions?.[0] ?? "";
  const isGroup = !name || state.groups.has(name);
  return { key, path: toTalk(name || "everyone", isGroup) };
}

/** All that waits for this person, in the order in which one would go through it. */
export function stopsOf(state: State): readonly Stop[] {
  const waiting = needs(state).map((need): Stop => {
    if (need.messageId) return toMessage(need.messageId);
    if (need.what === "failed") return failedStop(state, need.key);
    return { key: `agent ${need.from}`, path: linkTo({ kind: "agent", id: need.from, href: "" }) };
  });
  const unread = [...inboxRows(state, "unread")].reverse();
  const all = [...waiting, ...unread.map(toMessage)];
  return all.filter((stop, index) => all.findIndex((each) => each.key === stop.key) === index);
}

/** The walk a step further; its place is null where it came to an end. */
export function step(walk: Walk, all: readonly Stop[], open: Row | null, by: 1 | -1): { walk: Walk; stop: Stop | null } {
  const here = open && all.find((each) => each.key === `${open.kind} ${open.id}`);
  // Whoever opened the next one by hand need not go there again.
  const been = here && !walk.stops.some((each) => each.key === here.key) ? [...walk.stops, here] : walk.stops;
  const from = been === walk.stops ? walk.at : been.length - 1;
  const known = been[from + by];
  if (known) return { walk: { stops: been, at: from + by }, stop: known };
  if (by === -1) return { walk: { stops: been, at: from }, stop: null };
  const next = all.find((each) => !been.some((past) => past.key === each.key));
  if (!next) return { walk: { stops: [], at: -1 }, stop: null };
  return { walk: { stops: [...been, next], at: been.length }, stop: next };
}
