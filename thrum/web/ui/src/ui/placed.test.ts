import fc from "fast-check";
import { expect, it } from "vitest";

import { placed } from "./placed";

const ROOM = { width: 400, height: 300 };
const SIZE = { width: 100, height: 80 };
const at = (left: number, top: number) => ({ left, right: left + 20, top, bottom: top + 10 });

it.each([
  ["below", at(50, 50), false, { left: 50, top: 64 }],
  ["below, to the same end", at(200, 50), true, { left: 120, top: 64 }],
  ["above, where there is more room", at(50, 280), false, { left: 50, top: 196 }],
  ["inside of the right edge", at(390, 50), false, { left: 296, top: 64 }],
  ["inside of the left edge", at(10, 50), true, { left: 4, top: 64 }],
])("stands %s", (_, box, isAtEnd, place) => expect(placed(box, SIZE, ROOM, isAtEnd)).toEqual(place));

it("is in the window wherever it belongs, as far as it fits", () => {
  const size = fc.record({ width: fc.integer({ min: 1, max: 380 }), height: fc.integer({ min: 1, max: 280 }) });
  fc.assert(
    fc.property(fc.integer({ min: -500, max: 900 }), fc.integer({ min: -500, max: 900 }), size, fc.boolean(), (x, y, of, isAtEnd) => {
      const { left, top } = placed(at(x, y), of, ROOM, isAtEnd);
      expect([left >= 4, top >= 4, left + of.width <= 396, top + of.height <= 296]).toEqual([true, true, true, true]);
    }),
  );
});
