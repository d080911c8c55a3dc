/** Something that opens above the page, beside a part of it, and stays there while the page moves. */
import { useEffect, useLayoutEffect, useRef, type ComponentProps, type ReactElement } from "react";

import { placed } from "./placed";
import css from "./ui.module.css";

interface PopupProps extends ComponentProps<"div"> {
  /** What it belongs to, as it is by now: a list may have drawn it anew. */
  readonly anchor: () => Element | null | undefined;
  /** Whether both end at the same edge; else they begin there. */
  readonly isAtEnd?: boolean;
}

/** It is there for as long as it is in the tree; the browser keeps it above all else, dialogs too. */
export function Popup({ anchor, isAtEnd = false, ...rest }: PopupProps): ReactElement {
  const popup = useRef<HTMLDivElement>(null);
  const place = useRef<() => void>(() => undefined);
  useLayoutEffect(() => {
    popup.current?.showPopover();
  }, []);
  // What is in it may have changed its size, so it is placed whenever it is drawn.
  useLayoutEffect(() => {
    place.current = () => {
      const [element, at] = [popup.current, anchor()];
      if (!element || !at) return;
      const size = { width: element.offsetWidth, height: element.offsetHeight };
      const { left, top } = placed(at.getBoundingClientRect(), size, { width: window.innerWidth, height: window.innerHeight }, isAtEnd);
      element.style.left = `${left}px`;
      element.style.top = `${top}px`;
    };
    place.current();
  });
  useEffect(() => {
    const again = (): void => place.current();
    window.addEventListener("resize", again);
    window.addEventListener("scroll", again, true);
    return () => {
      window.removeEventListener("resize", again);
      window.removeEventListener("scroll", again, true);
    };
  }, []);
  return <div ref={popup} popover="manual" className={css["menu"]} {...rest} />;
}
