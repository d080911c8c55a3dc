import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { ME, message } from "@/test/shapes";

import { EMPTY_SHELF, put } from "./messages";
import { INITIAL, type State } from "./state";
import { MOST, NEWEST, NEWEST_INBOX, trimmed } from "./trimmed";

const ALL = Array.from({ length: MOST + 50 }, () => message());
const FULL: State = { ...INITIAL, me: ME, ...put(put(EMPTY_SHELF, ALL), ALL.slice(0, 3_000), true) };
const NONE = new Set<string>();
const at = (ids: readonly string[], index: number): string => ids.at(index) ?? "";

describe("what the page lets go of", () => {
  it("is nothing while there are not too many", () => {
    const few: State = { ...INITIAL, me: ME, ...put(EMPTY_SHELF, ALL.slice(0, MOST)) };
    expect(trimmed(few, { all: undefined, inbox: undefined }, NONE)).toBeNull();
  });

  it("is the oldest, and lists are read again from where they end now", () => {
    const less = trimmed(FULL, { all: at(FULL.order, -1), inbox: at(FULL.inbox, -1) }, NONE);
    expect(less?.shelf.order.slice(0, NEWEST)).toEqual(FULL.order.slice(0, NEWEST));
    expect(less?.shelf.inbox).toHaveLength(Math.max(NEWEST_INBOX, NEWEST - (ALL.length - 3_000)));
    expect(less?.reached).toEqual({ all: at(FULL.order, NEWEST - 1), inbox: at(FULL.inbox, NEWEST_INBOX - 1) });
    expect(less?.hasOlder).toEqual({ all: true, inbox: true });
  });

  it("leaves a list that was not read that far back as it is", () => {
    const reached = { all: at(FULL.order, 99), inbox: at(FULL.inbox, 99) };
    const less = trimmed(FULL, reached, NONE);
    expect(less?.reached).toEqual(reached);
    expect(less?.hasOlder).toEqual(FULL.hasOlder);
  });

  it("is never what somebody looks at, or is about to tell of", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: ALL.length - 1 }), { maxLength: 50 }), fc.boolean(), (places, isTelling) => {
        const ids = new Set(places.map((place) => at(FULL.order, place)));
        const state = isTelling ? { ...FULL, marking: ids } : FULL;
        const less = trimmed(state, { all: undefined, inbox: undefined }, isTelling ? NONE : ids);
        expect([...ids].every((id) => less?.shelf.messages.has(id))).toBe(true);
        expect(less?.shelf.messages.size).toBe(less?.shelf.order.length);
      }),
      { numRuns: 20 },
    );
  });
});
