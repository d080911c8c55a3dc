/**
 * Where one is in a list: noted at every address it is seen at, and come back to.
 *
 * A list often stays where the address changes, as when a row of it is opened beside it: what was
 * noted before then is noted at the new address as well, though nothing was scrolled there.
 */
import type { Virtualizer } from "@tanstack/react-virtual";
import { useEffect, useLayoutEffect, useRef, type RefObject } from "react";
import { useLocation } from "wouter";

import { FOCUS } from "@/actions/rows";
import { forget, note, type Spot } from "@/lib/travel";

/** Rows are measured as they come into sight, and move those below them: until so many frames moved nothing. */
const CALM_FRAMES = 3;
const MOST_FRAMES = 120;
/** So many older pages are asked for until the row is among them. */
const MOST_PAGES = 10;
/** By these somebody goes elsewhere. */
const MOVES = ["wheel", "touchstart", "pointerdown", "keydown"];

interface Place {
  readonly label: string;
  readonly ids: readonly string[];
  readonly scroller: RefObject<HTMLDivElement | null>;
  readonly virtual: Virtualizer<HTMLDivElement, Element>;
  /** What to come back to; null for whoever comes anew. */
  readonly spot: Spot | null;
  readonly active: string | null;
  readonly onEnd: (() => void) | undefined;
}

/** Notes where one is; to be told of each scroll, and of the row that takes the focus. */
export function useSpot({ label, ids, scroller, virtual, spot, active, onEnd }: Place): (activeNow?: string) => void {
  const [path] = useLocation();
  const where = useRef(spot);
  const wanted = useRef(spot?.row === undefined ? null : spot);
  const known = useRef({ ids, active });
  useLayoutEffect(() => {
    known.current = { ids, active };
  });

  const write = (activeNow?: string): void => {
    const top = scroller.current?.scrollTop ?? 0;
    const first = virtual.getVirtualItemForOffset(top);
    const row = first && known.current.ids[first.index];
    const at = activeNow ?? known.current.active;
    // On the way back it is not yet where one was.
    if (wanted.current || !first || row === undefined) return;
    where.current = { top: top - first.start, row, ...(at ? { active: at } : {}) };
    note(label, where.current);
  };

  useEffect(() => {
    if (where.current) note(label, where.current, path);
    else forget(label, path);
  }, [label, path]);

  useEffect(() => {
    const stay = (): void => {
      wanted.current = null;
    };
    for (const event of MOVES) window.addEventListener(event, stay, true);
    return () => {
      for (const event of MOVES) window.removeEventListener(event, stay, true);
    };
  }, []);

  const isThere = spot?.row !== undefined && ids.includes(spot.row);
  const pages = useRef(0);
  useEffect(() => {
    if (!wanted.current || isThere) return;
    pages.current += 1;
    if (onEnd && pages.current <= MOST_PAGES) onEnd();
    else wanted.current = null;
    // Again with what was brought.
  }, [isThere, ids.length, onEnd]);

  useLayoutEffect(() => {
    const element = scroller.current;
    if (!wanted.current || !isThere || !element) return undefined;
    let frame = 0;
    const settle = (left: number, calm: number): void => {
      const back = wanted.current;
      const start = virtual.measurementsCache[known.current.ids.indexOf(back?.row ?? "")]?.start;
      if (!back || start === undefined) return;
      const top = Math.max(0, Math.min(start + back.top, element.scrollHeight - element.clientHeight));
      const isStill = Math.abs(element.scrollTop - top) < 1;
      if (!isStill) element.scrollTo({ top });
      if (left > 0 && calm > 0) {
        frame = requestAnimationFrame(() => settle(left - 1, isStill ? calm - 1 : CALM_FRAMES));
        return;
      }
      wanted.current = null;
      const link = element.querySelector<HTMLElement>(`[data-index="${known.current.ids.indexOf(back.active ?? "")}"] ${FOCUS}`);
      if (document.activeElement === document.body) link?.focus({ preventScroll: true });
    };
    settle(MOST_FRAMES, CALM_FRAMES);
    return () => cancelAnimationFrame(frame);
  }, [isThere, scroller, virtual]);

  return write;
}
