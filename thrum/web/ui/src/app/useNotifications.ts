/** Tells the desktop of what came to need this person while the page is out of sight. */
import { useEffect, useRef } from "react";
import { useStore } from "zustand";

import { bare } from "@/lib/names";
import { notifying, permission } from "@/prefs/notifying";
import { needs, type Need } from "@/store/selectors";
import { useThrum } from "@/store/store";
import { t } from "@/text/en";

/** More than so many at once are told of as one. */
const MOST = 3;

function textOf(need: Need): string {
  return `${need.from ? `${bare(need.from)} ` : ""}${t.now.need[need.what]}`;
}

export function useNotifications(go: (path: string) => void): void {
  const isOn = useStore(notifying);
  const isLoaded = useThrum((state) => state.isLoaded);
  const waiting = useThrum(needs);
  const told = useRef<ReadonlySet<string> | null>(null);
  const open = useRef(new Map<string, Notification>());
  useEffect(() => {
    if (!isLoaded) return;
    const keys = new Set(waiting.map((need) => need.key));
    const fresh = told.current ? waiting.filter((need) => !told.current?.has(need.key)) : [];
    told.current = keys;
    for (const [key, shown] of open.current) {
      if (keys.has(key)) continue;
      shown.close();
      open.current.delete(key);
    }
    if (!isOn || permission() !== "granted" || document.hasFocus()) return;
    const all = fresh.length > MOST;
    for (const need of all ? fresh.slice(0, 1) : fresh) {
      const title = all ? t.app.needs(fresh.length) : textOf(need);
      const shown = new Notification(title, { body: all ? "" : need.text.slice(0, 140), tag: need.key });
      shown.onclick = () => {
        window.focus();
        go(need.messageId && !all ? `/inbox/all?m=${need.messageId}` : "/");
        shown.close();
      };
      open.current.set(need.key, shown);
    }
  }, [waiting, isLoaded, isOn, go]);
}
