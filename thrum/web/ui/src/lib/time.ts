/** Times as people read them. All are milliseconds since 1970, or RFC 3339 as the daemon writes. */

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** The moment of an RFC 3339 text; 0 where there is none. Nine fraction digits are understood. */
export function moment(text: string | undefined): number {
  if (!text) return 0;
  const parsed = Date.parse(text.replace(/(\.\d{3})\d+/, "$1"));
  return Number.isNaN(parsed) ? 0 : parsed;
}

/** How long something took or is ago, in one unit: `40 s`, `3 min`, `2 h`, `5 d`. */
export function span(ms: number): string {
  const length = Math.max(ms, 0);
  if (length < MINUTE) return `${Math.floor(length / SECOND)} s`;
  if (length < HOUR) return `${Math.floor(length / MINUTE)} min`;
  if (length < DAY) return `${Math.floor(length / HOUR)} h`;
  return `${Math.floor(length / DAY)} d`;
}

/** The time of the day, to the second: `14:05:09`. */
export function clock(at: number, locale?: string): string {
  return new Date(at).toLocaleTimeString(locale, { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" });
}

/** When, as short as it stays clear: `now`, `3 min`, `14:05`, `12 Mar`, `12 Mar 2024`. */
export function relative(at: number, now: number, locale?: string): string {
  if (!at) return "";
  const age = now - at;
  if (age < 45 * SECOND && age > -MINUTE) return "now";
  if (age >= 0 && age < HOUR) return span(Math.max(age, MINUTE));
  const then = new Date(at);
  const today = new Date(now);
  if (then.toDateString() === today.toDateString()) {
    return then.toLocaleTimeString(locale, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
  }
  const isThisYear = then.getFullYear() === today.getFullYear();
  return then.toLocaleDateString(locale, {
    day: "numeric",
    month: "short",
    ...(isThisYear ? {} : { year: "numeric" }),
  });
}

/** The whole of it, to the second and with the zone. */
export function exact(at: number, locale?: string): string {
  return at ? new Date(at).toLocaleString(locale, { dateStyle: "full", timeStyle: "long" }) : "";
}

/** The day as a heading: `Today`, `Yesterday`, `Monday 12 March`. */
export function day(at: number, now: number, locale?: string): string {
  const start = (time: number): number => new Date(time).setHours(0, 0, 0, 0);
  const days = Math.round((start(now) - start(at)) / DAY);
  if (days === 0) return "Today";
  if (days === 1) return "Yesterday";
  return new Date(at).toLocaleDateString(locale, { weekday: "long", day: "numeric", month: "long" });
}
