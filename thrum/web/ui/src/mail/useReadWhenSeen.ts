/** A message counts as read once it was in sight for a second, in a window that is looked at. */
import { useEffect, type RefObject } from "react";

import { useDesk } from "@/actions/DoingContext";
import { useThrum } from "@/store/store";

const SEEN_MS = 1_000;

export function useReadWhenSeen(element: RefObject<HTMLElement | null>, id: string, isAsked: boolean): void {
  const desk = useDesk();
  const isKept = useThrum((state) => state.keptUnread.has(id));
  useEffect(() => {
    const target = element.current;
    if (!isAsked || isKept || !target) return undefined;
    let isInSight = false;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const look = (): void => {
      clearTimeout(timer);
      if (isInSight && document.hasFocus()) timer = setTimeout(() => desk.markRead([id]), SEEN_MS);
    };
    const observer = new IntersectionObserver((entries) => {
      isInSight = entries.at(-1)?.isIntersecting ?? false;
      look();
    });
    observer.observe(target);
    window.addEventListener("focus", look);
    window.addEventListener("blur", look);
    return () => {
      clearTimeout(timer);
      observer.disconnect();
      window.removeEventListener("focus", look);
      window.removeEventListener("blur", look);
    };
  }, [desk, element, id, isAsked, isKept]);
}
