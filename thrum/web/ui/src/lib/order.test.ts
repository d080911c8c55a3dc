import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { steady, steadyPlaces } from "./order";

const of = (letters: string): string[] => Array.from(letters);

describe("an order that is held", () => {
  it.each([
    ["abcdef", "abcdef", "abcdef", 0],
    ["abcdef", "fabcde", "abcdef", 1],
    ["abcdef", "feabcd", "abcdef", 2],
    ["abc", "xabc", "xabc", 0],
    ["abc", "abcz", "abcz", 0],
    ["abc", "xcab", "xabc", 1],
    ["abc", "cazb", "abcz", 1],
    ["abc", "cb", "bc", 1],
    ["abc", "ac", "ac", 0],
    ["abc", "", "", 0],
  ])("of %s, which would be %s, is %s with %i moved", (shown, now, kept, moved) => {
    expect(steady(of(shown), of(now))).toEqual({ ids: of(kept), moved });
  });

  it("has all that is there, once, and none of it elsewhere than it was", () => {
    const lists = fc.uniqueArray(fc.constantFrom(...of("abcdefghij")));
    fc.assert(
      fc.property(lists, lists, (shown, now) => {
        const { ids, moved } = steady(shown, now);
        expect([...ids].sort()).toEqual([...now].sort());
        const left = shown.filter((id) => now.includes(id));
        expect(ids.filter((id) => left.includes(id))).toEqual(moved === 0 ? now.filter((id) => left.includes(id)) : left);
        if (moved === 0) expect(ids).toEqual(now);
      }),
    );
  });

  it("is the same object while nothing changes, so that nothing is drawn anew", () => {
    const shown = of("abc");
    expect(steady(shown, of("cab")).ids).toBe(shown);
    expect(steadyPlaces(shown, of("abc"), () => false).ids).toBe(shown);
  });
});

describe("places that are held", () => {
  it.each([
    ["abc", "abcx", "", "abcx", 0],
    ["abc", "axbc", "", "abcx", 1],
    ["abc", "ac", "", "ac", 0],
    ["abc", "ac", "b", "abc", 1],
    ["abc", "xca", "b", "abcx", 3],
  ])("of %s, which would be %s while %j stays, are %s with %i moved", (shown, now, stays, kept, moved) => {
    expect(steadyPlaces(of(shown), of(now), (id) => stays.includes(id))).toEqual({ ids: of(kept), moved });
  });
});
