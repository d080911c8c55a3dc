import { describe, expect, it } from "vitest";

import { closed } from "@/lib/closed";
import { chord, spoken, type Pressed } from "./chords";
import { ACTIONS } from "./table";

const press = (part: Partial<Pressed>): Pressed => ({ key: "", code: "", ctrlKey: false, metaKey: false, altKey: false, shiftKey: false, ...part });

describe("chords", () => {
  it.each([
    [{ key: "c", code: "KeyC" }, "c"],
    [{ key: "R", code: "KeyR", shiftKey: true }, "Shift+R"],
    [{ key: "k", code: "KeyK", metaKey: true }, "Mod+k"],
    [{ key: "k", code: "KeyK", ctrlKey: true }, "Mod+k"],
    [{ key: "?", code: "Slash", shiftKey: true }, "?"],
    [{ key: "с", code: "KeyC" }, "c"],
    [{ key: "Escape", code: "Escape" }, "Esc"],
    [{ key: "ArrowDown", code: "ArrowDown" }, "ArrowDown"],
    [{ key: "ArrowLeft", code: "ArrowLeft", altKey: true }, null],
  ])("%j is %s", (pressed, name) => expect(chord(press(pressed))).toBe(name));

  it("are said as the machine says them", () => {
    expect([spoken("Mod+k", true), spoken("Mod+k", false), spoken("g n", false)]).toEqual(["⌘K", "Ctrl+K", "g n"]);
  });
});

describe("the table", () => {
  it("has a key for each action, and an action for each key", () => {
    const keys = ACTIONS.flatMap((action) => action.keys);
    expect(new Set(keys).size).toBe(keys.length);
    expect(ACTIONS.filter((action) => action.keys.length === 0 || !action.label)).toEqual([]);
  });

  it("leaves the browser's own keys alone", () => {
    const taken = ["Mod+f", "Mod+l", "Mod+t", "Mod+n", "Mod+w", "Mod+r", "Tab", "F6", "Backspace", "'"];
    expect(ACTIONS.flatMap((action) => action.keys).filter((key) => taken.includes(key))).toEqual([]);
  });

  it.each([
    ["/inbox/unread?m=msg_1", "/inbox/unread"],
    ["/feed?kind=direct&m=msg_1", "/feed?kind=direct"],
    ["/feed?kind=direct", "/feed"],
    ["/agents/nux", "/agents"],
    ["/", "/"],
  ])("closes %s to %s", (path, rest) => expect(closed(path)).toBe(rest));
});
