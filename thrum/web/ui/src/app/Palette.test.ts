import { describe, expect, it } from "vitest";

import { firstOnes, fitting } from "./Palette";

const entry = (key: string, tier: 0 | 1 | 2, keywords = ""): { key: string; label: string; keywords: string; tier: 0 | 1 | 2 } => ({ key, label: key, keywords, tier });
const ENTRIES = [entry("next", 2), entry("Timeline", 2), entry("Reply", 1, "answer"), entry("Feed", 2, "live"), entry("toast", 0), entry("repl_bot", 0), entry("forerunner", 0)];
const keys = (found: readonly { key: string }[]): string[] => found.map((each) => each.key);

describe("the palette", () => {
  it("begins with what needs one next, then with what can be done here", () => {
    expect(keys(firstOnes(ENTRIES))).toEqual(["next", "Reply", "Timeline", "Feed"]);
  });

  it.each([
    ["rep", ["repl_bot", "Reply"]],
    ["t", ["toast", "Timeline"]],
    ["re", ["repl_bot", "Reply", "forerunner"]],
    ["answer", ["Reply"]],
    ["fe", ["Feed", "forerunner"]],
  ])("finds for %j agents first, where they fit as well: %j", (typed, first) => {
    expect(keys(fitting(typed, ENTRIES)).slice(0, first.length)).toEqual(first);
  });

  it("finds nothing where nothing fits", () => expect(fitting("zzz", ENTRIES)).toEqual([]));
});
