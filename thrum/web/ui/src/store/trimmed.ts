/**
 * What the page lets go of: a page that is open all day knows the newest, and what somebody looks at.
 *
 * What is let go of is asked for again by whoever comes to the end of a list.
 */
import { drop, type Shelf } from "./messages";
import type { State } from "./state";

/** With more messages than this the page lets go of some; then it has about as many as `NEWEST`. */
export const MOST = 4_000;
export const NEWEST = 2_500;
export const NEWEST_INBOX = 1_000;

/** How far back each list was read without a gap, as the id of the oldest. */
export type Reached = Readonly<Record<"inbox" | "all", string | undefined>>;

export interface Trimmed {
  readonly shelf: Shelf;
  readonly reached: Reached;
  readonly hasOlder: State["hasOlder"];
}

/** The state without its oldest messages; null where there are not too many. `held` are looked at. */
export function trimmed(state: State, reached: Reached, held: ReadonlySet<string>): Trimmed | null {
  if (state.order.length <= MOST) return null;
  const { order, inbox, marking, keptUnread } = state;
  const stays = new Set([...order.slice(0, NEWEST), ...inbox.slice(0, NEWEST_INBOX), ...held, ...marking, ...keptUnread]);
  const goes = new Set(order.filter((id) => !stays.has(id)));
  if (goes.size === 0) return null;
  const all = nearer(order, reached.all, NEWEST);
  const mine = nearer(inbox, reached.inbox, NEWEST_INBOX);
  return {
    shelf: drop(state, goes),
    reached: { all: all ?? reached.all, inbox: mine ?? reached.inbox },
    hasOlder: { all: state.hasOlder.all || all !== null, inbox: state.hasOlder.inbox || mine !== null },
  };
}

/** The last of the newest that stay, where the list was read further back than that. */
function nearer(ids: readonly string[], reached: string | undefined, most: number): string | null {
  const last = ids[most - 1];
  if (last === undefined || reached === undefined) return null;
  return ids.indexOf(reached) >= most ? last : null;
}
