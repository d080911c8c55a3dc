/** The title and the icon of the tab: what waits for this person, and in which repository. */
import { useEffect } from "react";

import { needs, unreadCount } from "@/store/selectors";
import { useThrum } from "@/store/store";
import { t } from "@/text/en";

export function useNeedCount(): number {
  return useThrum(
    (state) => needs(state).length,
  );
}

/** A hue of the repository's own, so that its tab is told from others. */
export function hueOf(name: string): number {
  let sum = 0;
  for (const letter of name) sum = (sum * 31 + (letter.codePointAt(0) ?? 0)) % 360;
  return sum;
}

function icon(name: string, hasNeeds: boolean): string {
  const mark = hasNeeds ? `<circle cx="25" cy="7" r="7" fill="#d5620a" stroke="#fff" stroke-width="2"/>` : "";
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="7" fill="hsl(${hueOf(name)} 45% 38%)"/><g stroke="#fff" stroke-width="3" stroke-linecap="round"><path d="M8 12v8M16 7v18M24 12v8"/></g>${mark}</svg>`;
  return `data:image/svg+xml,${encodeURIComponent(svg)}`;
}

export function useTitle(): void {
  const repo = useThrum((state) => state.health?.identity.repo_name ?? "");
  const waiting = useNeedCount();
  const unread = useThrum(unreadCount);
  useEffect(() => {
    const count = waiting > 0 ? `(${waiting}!) ` : unread > 0 ? `(${unread}) ` : "";
    document.title = `${count}${repo || t.app.name}`;
  }, [repo, waiting, unread]);
  const hasNeeds = waiting > 0;
  useEffect(() => {
    const link = document.querySelector<HTMLLinkElement>("link[rel=icon]");
    if (link && repo) link.href = icon(repo, hasNeeds);
  }, [repo, hasNeeds]);
}
