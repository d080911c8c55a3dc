/** How well words fit what somebody types: the lower the better, null where they do not. */
export function rank(query: string, text: string): number | null {
  const wanted = query.trim().toLowerCase();
  const given = text.toLowerCase();
  if (!wanted) return 0;
  if (given === wanted) return 0;
  if (given.startsWith(wanted)) return 1;
  if (given.split(/[\s_:-]+/).some((word) => word.startsWith(wanted))) return 2;
  if (given.includes(wanted)) return 3;
  return isSpread(wanted, given) ? 4 + given.length / 1000 : null;
}

/** Whether the letters come in this order, with others between them. */
function isSpread(wanted: string, given: string): boolean {
  let from = 0;
  for (const letter of wanted) {
    if (letter === " ") continue;
    const at = given.indexOf(letter, from);
    if (at < 0) return false;
    from = at + 1;
  }
  return true;
}

/** The things that fit, the best first; equal ones stay in their order. */
export function ranked<T>(query: string, things: readonly T[], text: (thing: T) => string): T[] {
  return things
    .map((thing, index) => ({ thing, index, score: rank(query, text(thing)) }))
    .filter((each) => each.score !== null)
    .sort((a, b) => (a.score ?? 0) - (b.score ?? 0) || a.index - b.index)
    .map((each) => each.thing);
}
