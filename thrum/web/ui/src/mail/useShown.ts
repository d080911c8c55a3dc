/** What a view shows stays with the page while it is open, however much comes meanwhile. */
import { useEffect, useLayoutEffect, useRef } from "react";

import { useDesk } from "@/actions/DoingContext";

/** `shown` gives the ids of all messages that the view would miss. */
export function useShown(shown: () => readonly string[]): void {
  const desk = useDesk();
  const latest = useRef(shown);
  useLayoutEffect(() => {
    latest.current = shown;
  });
  useEffect(() => desk.looking.hold(() => latest.current()), [desk]);
}
