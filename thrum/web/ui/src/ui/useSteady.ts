/** Rows that keep their order while the pointer or the focus is among them. */
import { useEffect, useState, type FocusEvent } from "react";

import { isEqual, steady, type Steady } from "@/lib/order";

interface Held {
  readonly isHeld: boolean;
  readonly isOver: boolean;
  /** For what the rows stand in. */
  readonly handlers: {
    readonly onPointerEnter: () => void;
    readonly onPointerLeave: () => void;
    readonly onFocus: () => void;
    readonly onBlur: (event: FocusEvent) => void;
  };
}

export function useHeld(): Held {
  const [isOver, setOver] = useState(false);
  const [isIn, setIn] = useState(false);
  useEffect(() => {
    // Whoever looks elsewhere is not about to press anything here.
    const away = (): void => {
      setOver(false);
      setIn(false);
    };
    // What had the focus may be taken off the page, of which nobody else is told.
    const lost = (event: globalThis.FocusEvent): void => {
      if (event.relatedTarget === null) setIn(false);
    };
    window.addEventListener("blur", away);
    window.addEventListener("focusout", lost);
    return () => {
      window.removeEventListener("blur", away);
      window.removeEventListener("focusout", lost);
    };
  }, []);
  return {
    isHeld: isOver || isIn,
    isOver,
    handlers: {
      onPointerEnter: () => setOver(true),
      onPointerLeave: () => setOver(false),
      onFocus: () => setIn(true),
      onBlur: (event) => setIn(event.currentTarget.contains(event.relatedTarget)),
    },
  };
}

type Keeping = (shown: readonly string[], now: readonly string[]) => Steady;

/** As they are shown, with what moves them on; another `key` says that this person moved them. */
export function useSteady(now: readonly string[], isHeld: boolean, key = "", keeping: Keeping = steady): Steady & { readonly release: () => void } {
  const [base, setBase] = useState({ ids: now, key });
  const wanted: Steady = isHeld && base.key === key ? keeping(base.ids, now) : { ids: now, moved: 0 };
  const kept = isEqual(wanted.ids, base.ids) ? { ...wanted, ids: base.ids } : wanted;
  if (kept.ids !== base.ids || base.key !== key) setBase({ ids: kept.ids, key });
  return { ...kept, release: () => setBase({ ids: now, key }) };
}
