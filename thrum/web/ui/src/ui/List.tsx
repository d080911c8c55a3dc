/**
 * A long list of which only what is in sight exists; keys move in it, and it stays still.
 *
 * What comes above the reader moves nothing: the row in sight keeps its place, and a button tells of
 * what came. The row that has the focus stays in the page however far one scrolls.
 */
import { defaultRangeExtractor, useVirtualizer, type Range } from "@tanstack/react-virtual";
import { useCallback, useEffect, useLayoutEffect, useRef, useState, type ReactElement, type ReactNode } from "react";
import { useStore } from "zustand";

import { FOCUS } from "@/actions/rows";
import { scene, type ListHandle } from "@/actions/scene";
import { returnedTo } from "@/lib/travel";
import { t } from "@/text/en";

import { RowMore } from "./RowMore";
import css from "./ui.module.css";
import { useSpot } from "./useSpot";
import { useHeld, useSteady } from "./useSteady";

interface ListProps {
  readonly label: string;
  readonly ids: readonly string[];
  /** A row's height until it is measured, in pixels. */
  readonly estimate: number;
  readonly children: (id: string, isActive: boolean) => ReactNode;
  /** The row that is open beside the list. */
  readonly chosen?: string | null;
  /** Says what came above while one reads further down. */
  readonly news?: (count: number, newest: string) => string;
  /** Called near the end of what is known. */
  readonly onEnd?: (() => void) | undefined;
  /** Says how many rows are in sight or above it, in steps. */
  readonly onDepth?: (rows: number) => void;
  readonly onHandle?: (handle: ListHandle | null) => void;
  readonly onActive?: (id: string) => void;
  readonly foot?: ReactNode;
}

const NEAR_ROWS = 20;
const DEPTH_ROWS = 200;

export function List({ label, ids: now, estimate, children, chosen, news, onEnd, onDepth, onHandle, onActive, foot }: ListProps): ReactElement {
  const scroller = useRef<HTMLDivElement>(null);
  const [spot] = useState(() => returnedTo(label));
  const [active, setActive] = useState<string | null>(chosen ?? spot?.active ?? null);
  const { isHeld, isOver, handlers } = useHeld();
  const { ids, moved, release } = useSteady(now, isHeld);
  const [above, setAbove] = useState(0);
  const before = useRef<readonly string[]>(ids);
  const selected = useStore(scene, (state) => state.selected);
  const activeIndex = active === null ? -1 : ids.indexOf(active);

  const virtual = useVirtualizer({
    count: ids.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => estimate,
    getItemKey: useCallback((index: number) => ids[index] ?? index, [ids]),
    overscan: 8,
    anchorTo: "end",
    rangeExtractor: useCallback(
      (range: Range) => {
        const inSight = defaultRangeExtractor(range);
        if (activeIndex < 0 || inSight.includes(activeIndex)) return inSight;
        return [...inSight, activeIndex].sort((a, b) => a - b);
      },
      [activeIndex],
    ),
  });

  // What came above: shown at once to whoever is at the top, told of to whoever is not.
  useLayoutEffect(() => {
    const old = before.current;
    before.current = ids;
    const first = old[0];
    if (first === undefined || ids[0] === first) return;
    const fresh = ids.indexOf(first);
    if (fresh <= 0) return;
    const element = scroller.current;
    const isAtTop = (element?.scrollTop ?? 0) < 8 && !isOver && !element?.contains(document.activeElement);
    if (isAtTop) virtual.scrollToOffset(0);
    else setAbove((count) => count + fresh);
  }, [ids, virtual, isOver]);

  const noteSpot = useSpot({ label, ids, scroller, virtual, spot, active, onEnd });

  const rows = virtual.getVirtualItems();
  const last = rows.at(-1)?.index ?? -1;
  useEffect(() => {
    if (onEnd && last >= ids.length - NEAR_ROWS) onEnd();
  }, [last, ids.length, onEnd]);

  const depth = Math.ceil((last + NEAR_ROWS) / DEPTH_ROWS) * DEPTH_ROWS;
  useEffect(() => onDepth?.(depth), [depth, onDepth]);

  const focusRow = useCallback(
    (id: string) => {
      const index = ids.indexOf(id);
      if (index < 0) return;
      setActive(id);
      onActive?.(id);
      virtual.scrollToIndex(index, { align: "auto" });
      const focus = (): boolean => {
        const row = scroller.current?.querySelector<HTMLElement>(`[data-index="${index}"] ${FOCUS}`);
        row?.focus({ preventScroll: true });
        return row !== null && row !== undefined;
      };
      // At once where it is there: the next key may open it, or a dialog above it.
      if (!focus()) requestAnimationFrame(focus);
    },
    [ids, onActive, virtual],
  );

  // Keys come faster than views are drawn: they act on what is true by then.
  const latest = useRef({ active, ids, focusRow });
  useLayoutEffect(() => {
    latest.current = { active, ids, focusRow };
  });
  useEffect(() => {
    onHandle?.({
      move: (by) => {
        const now = latest.current;
        const at = now.active === null ? -1 : now.ids.indexOf(now.active);
        const next = now.ids[at < 0 ? 0 : Math.min(Math.max(at + by, 0), now.ids.length - 1)];
        if (next === undefined) return;
        latest.current = { ...now, active: next };
        now.focusRow(next);
      },
      open: () => {
        const index = latest.current.ids.indexOf(latest.current.active ?? "");
        scroller.current?.querySelector<HTMLElement>(`[data-index="${index}"] ${FOCUS}`)?.click();
      },
    });
    return () => onHandle?.(null);
  }, [onHandle]);

  const toTop = (): void => {
    setAbove(0);
    virtual.scrollToOffset(0);
  };

  return (
    <div className={css["list"]} {...handlers}>
      {moved > 0 && above === 0 ? (
        <button type="button" className={css["pill"]} onClick={release}>
          {t.row.moved(moved)}
        </button>
      ) : null}
      {news && above > 0 ? (
        <button type="button" className={css["pill"]} onClick={toTop}>
          {news(above, ids[0] ?? "")}
        </button>
      ) : null}
      <div
        ref={scroller}
        className={css["scroller"]}
        onScroll={(event) => {
          if (event.currentTarget.scrollTop < 8) setAbove(0);
          noteSpot();
        }}
      >
        <div role="feed" aria-label={label} aria-busy={false} className={css["spacer"]} style={{ height: virtual.getTotalSize() }}>
          {rows.map((row) => {
            const id = ids[row.index];
            if (id === undefined) return null;
            return (
              // Which row the keys are on follows the focus, wherever in the row it is.
              // eslint-disable-next-line jsx-a11y/no-noninteractive-element-interactions
              <article
                key={row.key}
                ref={virtual.measureElement}
                data-index={row.index}
                data-row
                data-selected={selected.some((each) => each.id === id) || undefined}
                aria-posinset={row.index + 1}
                aria-setsize={onEnd ? -1 : ids.length}
                className={css["slot"]}
                style={{ transform: `translateY(${row.start}px)` }}
                onFocus={() => {
                  noteSpot(id);
                  if (active !== id) {
                    setActive(id);
                    onActive?.(id);
                  }
                }}
              >
                {children(id, id === (chosen ?? active))}
                <RowMore isSelected={selected.some((each) => each.id === id)} />
              </article>
            );
          })}
        </div>
        {foot}
      </div>
    </div>
  );
}
