/** How long to wait before the next attempt to connect, in milliseconds. */
const FIRST_MS = 200;
const LONGEST_MS = 8_000;

/** Doubles with each failed attempt, and is spread so that many pages do not come at once. */
export function pause(failures: number, random: number): number {
  const whole = Math.min(FIRST_MS * 2 ** Math.max(failures - 1, 0), LONGEST_MS);
  return Math.round(whole * (0.5 + random / 2));
}
