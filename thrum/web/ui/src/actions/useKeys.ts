/** The keys of the table, for as long as the page is there. */
import { useEffect } from "react";

import { chord } from "./chords";
import { scene } from "./scene";
import { ACTIONS, canRun, type Doing } from "./table";

/** How long the first of two keys waits for the second. */
const SEQUENCE_MS = 1_200;

function isField(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && target.closest("input, textarea, select, [contenteditable], [role=menu], [role=combobox]") !== null;
}

export function useKeys(doing: Doing, hasLetters: boolean): void {
  useEffect(() => {
    let first = "";
    let firstAt = 0;
    const press = (event: KeyboardEvent): void => {
      if (event.defaultPrevented || event.isComposing) return;
      const pressed = chord(event);
      if (pressed === null) return;
      const isInside = isField(event.target) || scene.getState().dialog !== null;
      const sequence = event.timeStamp - firstAt < SEQUENCE_MS && first ? `${first} ${pressed}` : pressed;
      first = "";
      if (!isInside && pressed === "g" && sequence === "g" && hasLetters) {
        [first, firstAt] = ["g", event.timeStamp];
        return;
      }
      const action = ACTIONS.find((each) => each.keys.includes(sequence) && (each.inFields ?? !isInside));
      if (!action || !canRun(action, doing.state())) return;
      if (!hasLetters && /^[^+]$|^g .$|^Shift\+/.test(sequence)) return;
      event.preventDefault();
      action.run(doing, scene.getState());
    };
    window.addEventListener("keydown", press);
    return () => window.removeEventListener("keydown", press);
  }, [doing, hasLetters]);
}
