/** The keys of the table, for as long as the page is there. */
import { useEffect } from "react";

import { chord } from "./chords";
import { FOCUS } from "./rows";
import { scene } from "./scene";
import { ACTIONS, canRun, type Doing } from "./table";

/** How long the first of two keys waits for the second. */
const SEQUENCE_MS = 1_200;

function isField(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && target.closest("input, textarea, select, [contenteditable], [role=menu], [role=combobox]") !== null;
}

/** Keys that belong to a button, a link, a summary that has the focus, unless it is a row. */
const OWN = new Set(["Enter", "Space"]);

function isOwn(pressed: string, target: EventTarget | null): boolean {
  if (!OWN.has(pressed) || !(target instanceof HTMLElement) || target.closest(FOCUS)) return false;
  return target.closest("a, button, summary, [role=button], [tabindex='0']") !== null;
}

export function useKeys(doing: Doing, hasLetters: boolean): void {
  useEffect(() => {
    let first = "";
    let firstAt = 0;
    let isInside = false;
    // What the key closes is gone by the time that it comes here.
    const begin = (event: KeyboardEvent): void => {
      isInside = isField(event.target) || scene.getState().dialog !== null || scene.getState().menu !== null;
    };
    const press = (event: KeyboardEvent): void => {
      if (event.defaultPrevented || event.isComposing) return;
      const pressed = chord(event);
      if (pressed === null || isOwn(pressed, event.target)) return;
      const sequence = event.timeStamp - firstAt < SEQUENCE_MS && first ? `${first} ${pressed}` : pressed;
      first = "";
      if (!isInside && pressed === "g" && sequence === "g" && hasLetters) {
        [first, firstAt] = ["g", event.timeStamp];
        return;
      }
      const action = ACTIONS.find((each) => each.keys.includes(sequence) && (each.inFields ?? !isInside));
      if (!action || action.isNative || !canRun(action, doing.state())) return;
      if (!hasLetters && /^[^+]$|^g .$|^Shift\+/.test(sequence)) return;
      event.preventDefault();
      action.run(doing, scene.getState());
    };
    window.addEventListener("keydown", begin, true);
    window.addEventListener("keydown", press);
    return () => {
      window.removeEventListener("keydown", begin, true);
      window.removeEventListener("keydown", press);
    };
  }, [doing, hasLetters]);
}
