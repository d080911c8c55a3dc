/** Which row the keys are on follows the focus; dialogs and menus above the list leave it there. */
import { useEffect } from "react";

import { rowAround } from "./rows";
import { leaveRows, scene } from "./scene";

const ABOVE = "[role=menu], [role=dialog], [data-above-rows]";

export function useRowFocus(view: string): void {
  useEffect(() => {
    const follow = (event: FocusEvent): void => {
      const target = event.target instanceof Element ? event.target : null;
      if (target?.closest(ABOVE)) return;
      const row = rowAround(target);
      scene.setState(row ? { row } : { row, isPeeking: false });
    };
    window.addEventListener("focusin", follow);
    return () => window.removeEventListener("focusin", follow);
  }, []);
  useEffect(() => leaveRows, [view]);
}
