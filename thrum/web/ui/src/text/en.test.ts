import { expect, it } from "vitest";

import { t } from "./en";

const SOURCES: Readonly<Record<string, string>> = import.meta.glob(["../**/*.{ts,tsx}", "!../**/*.test.*", "!../test/**", "!./en.ts"], { query: "?raw", import: "default", eager: true });
const code = Object.values(SOURCES).join("\n");

/** The texts by where they stand, as `views.now`. */
function places(texts: object, above = ""): string[] {
  return Object.entries(texts).flatMap(([name, text]: [string, unknown]) => {
    const place = above ? `${above}.${name}` : name;
    return typeof text === "object" && text !== null ? places(text, place) : [place];
  });
}

/** Whether it is named, or something above it is taken as a whole or by a name that is computed. */
function isUsed(place: string, all = code): boolean {
  const parts = place.split(".");
  const whole = new RegExp(`\\bt\\.${parts.join("\\.")}\\b`);
  const above = parts.slice(1).map((_, index) => parts.slice(0, index + 1).join("\\."));
  return whole.test(all) || above.some((each) => new RegExp(`\\bt\\.${each}(?![\\w.])`).test(all));
}

it.each([
  ["now.read", "<p>{t.now.read}</p>", true],
  ["now.read", "<p>{t.now.reader}</p>", false],
  ["now.need.asks", "t.now.need[what]", true],
  ["now.need.asks", "t.now.needs", false],
  ["now.need.asks", "t.now.need.failed", false],
  ["kinds.all", "Object.entries(t.kinds)", true],
])("knows whether %s is used in %s: %s", (place, source, used) => expect(isUsed(place, source)).toBe(used));

it("has no text that is used nowhere", () => {
  expect(places(t).length).toBeGreaterThan(300);
  expect(places(t).filter((place) => !isUsed(place))).toEqual([]);
});
