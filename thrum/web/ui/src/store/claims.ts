/** Who has what for himself. */
import { moment } from "@/lib/time";

import type { Claim } from "./entities";
import type { State } from "./state";

/** Whether people are shown it: it is held, or somebody believed so until an earlier claim came to be known. */
export function isShown({ state }: Pick<Claim, "state">): boolean {
  return state === "held" || state === "lost";
}

/** What is held at a moment, and what was lost and would be held else, by what it is; those lost last. */
export function claimsAt(claims: State["claims"], now: number): readonly Claim[] {
  const isLost = (claim: Claim): number => Number(claim.state === "lost");
  return [...claims.values()]
    .filter((claim) => moment(claim.until) > now)
    .sort((a, b) => a.what.localeCompare(b.what) || isLost(a) - isLost(b) || a.created_at.localeCompare(b.created_at));
}
