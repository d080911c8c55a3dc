/** The order of a list that somebody is about to act in: it stays, and says what would have moved. */

export interface Steady {
  readonly ids: readonly string[];
  /** How many are elsewhere than they would be by now. */
  readonly moved: number;
}

export function isEqual(one: readonly string[], other: readonly string[]): boolean {
  return one.length === other.length && one.every((id, index) => id === other[index]);
}

/** How many overtook one that stood before them. */
function overtaking(shown: readonly string[], now: readonly string[]): number {
  const places = new Map(now.map((id, index) => [id, index]));
  let last = -1;
  let count = 0;
  for (const id of shown) {
    const place = places.get(id);
    if (place === undefined || place < last) count += 1;
    else last = place;
  }
  return count;
}

/** What comes before all that is shown, and what comes after. */
function fresh(shown: ReadonlySet<string>, now: readonly string[]): readonly [readonly string[], readonly string[]] {
  const first = now.findIndex((id) => shown.has(id));
  const isNew = (id: string): boolean => !shown.has(id);
  return [now.slice(0, Math.max(first, 0)).filter(isNew), now.slice(Math.max(first, 0)).filter(isNew)];
}

/**
 * The rows as they were shown, with those that came and without those that are gone; as they are by
 * now where that moves none. What `stays` keeps its place though it is gone from the list.
 */
export function steady(shown: readonly string[], now: readonly string[], stays: (id: string) => boolean = () => false): Steady {
  const there = new Set(now);
  const left = shown.filter((id) => there.has(id) || stays(id));
  const moved = overtaking(left, now);
  if (moved === 0) return { ids: isEqual(shown, now) ? shown : now, moved };
  const [before, after] = fresh(new Set(left), now);
  const ids = [...before, ...left, ...after];
  return { ids: isEqual(shown, ids) ? shown : ids, moved };
}

/** The same for rows in fixed places: what came waits at the end, and is told of, too. */
export function steadyPlaces(shown: readonly string[], now: readonly string[], stays: (id: string) => boolean): Steady {
  const there = new Set(now);
  const left = shown.filter((id) => there.has(id) || stays(id));
  const known = new Set(left);
  const came = now.filter((id) => !known.has(id));
  const isBehind = isEqual([...left.filter((id) => there.has(id)), ...came], now);
  const ids = [...left, ...came];
  const moved = overtaking(left, now) + (isBehind ? 0 : came.length);
  return { ids: isEqual(shown, ids) ? shown : ids, moved };
}
