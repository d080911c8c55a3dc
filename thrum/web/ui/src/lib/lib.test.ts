import { describe, expect, it } from "vitest";

import { visible } from "./bidi";
import { completing, mentioned } from "./mentions";
import { bare } from "./names";
import { rank, ranked } from "./rank";
import { moment, relative, span } from "./time";

describe("times", () => {
  it("reads nine fraction digits and nothing at all", () => {
    expect(moment("2026-01-02T03:04:05.123456789Z")).toBe(Date.UTC(2026, 0, 2, 3, 4, 5, 123));
    expect(moment("")).toBe(0);
    expect(moment("yesterday")).toBe(0);
  });

  it.each([
    [0, "0 s"],
    [-5, "0 s"],
    [59_999, "59 s"],
    [60_000, "1 min"],
    [3_600_000, "1 h"],
    [86_400_000 * 3, "3 d"],
  ])("says %d ms as %s", (ms, text) => expect(span(ms)).toBe(text));

  it("is short, and clear about another day and another year", () => {
    const now = new Date(2026, 2, 12, 15, 0).getTime();
    expect(relative(now - 1_000, now)).toBe("now");
    expect(relative(now - 50_000, now)).toBe("1 min");
    expect(relative(new Date(2026, 2, 12, 9, 5).getTime(), now, "en-GB")).toBe("09:05");
    expect(relative(new Date(2026, 2, 11, 9, 5).getTime(), now, "en-GB")).toBe("11 Mar");
    expect(relative(new Date(2025, 2, 11).getTime(), now, "en-GB")).toBe("11 Mar 2025");
    expect(relative(0, now)).toBe("");
  });
});

describe("mentions", () => {
  it.each([
    ["ask @nux and @furiosa, then @nux", ["nux", "furiosa"]],
    ["mail nux@example.test", []],
    ["@user:dana please", ["user:dana"]],
    ["`@code` and ```\n@block\n``` say @toast", ["toast"]],
    ["(@slit)", ["slit"]],
    ["a/@types/node is no mention", []],
  ])("of %j are %j", (text, names) => expect(mentioned(text)).toEqual(names));

  it("are completed where the cursor is", () => {
    expect(completing("hi @fu", 6)).toEqual({ query: "fu", start: 3 });
    expect(completing("@", 1)).toEqual({ query: "", start: 0 });
    expect(completing("nux@ex", 6)).toBeNull();
    expect(completing("hi @fu there", 12)).toBeNull();
  });
});

describe("names and ranks", () => {
  it("have a person's bare name", () => {
    expect([bare("user:dana"), bare("@nux"), bare("nux")]).toEqual(["dana", "nux", "nux"]);
  });

  it("put the whole word before its beginning, and that before a part", () => {
    expect(ranked("nu", ["minus", "nux", "nu"], (name) => name)).toEqual(["nu", "nux", "minus"]);
    expect(rank("xyz", "nux")).toBeNull();
    expect(ranked("", ["b", "a"], (name) => name)).toEqual(["b", "a"]);
  });

  it("show what turns the direction of a text", () => {
    expect(visible("invoice\u202Egpj.exe")).toBe("invoice⟨U+202E⟩gpj.exe");
    expect(visible("שלום")).toBe("שלום");
  });
});
