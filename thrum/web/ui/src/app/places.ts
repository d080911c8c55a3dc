/** The views by their addresses, in the order in which they are offered. */
import type { IconName } from "@/ui/Icon";
import { t } from "@/text/en";

export interface Place {
  readonly path: string;
  readonly label: string;
  readonly icon: IconName;
  readonly keys: string;
  /** Where there is little room. */
  readonly short?: string;
}

export const PLACES: readonly Place[] = [
  { path: "/", label: t.views.now, icon: "now", keys: "g n" },
  { path: "/inbox", label: t.views.inbox, icon: "inbox", keys: "g i" },
  { path: "/talk", label: t.views.talk, icon: "talk", keys: "g c", short: t.views.talkShort },
  { path: "/feed", label: t.views.feed, icon: "feed", keys: "g f" },
  { path: "/agents", label: t.views.agents, icon: "agents", keys: "g a" },
  { path: "/groups", label: t.views.groups, icon: "groups", keys: "g g" },
  { path: "/who-has", label: t.views.whoHas, icon: "whoHas", keys: "g w" },
  { path: "/search", label: t.views.search, icon: "search", keys: "/" },
  { path: "/timeline", label: t.views.timeline, icon: "timeline", keys: "g t" },
  { path: "/log", label: t.views.log, icon: "log", keys: "g l" },
  { path: "/health", label: t.views.health, icon: "health", keys: "g h" },
  { path: "/settings", label: t.views.settings, icon: "settings", keys: "g s" },
];

/** What a narrow screen has at its foot; the others are behind the last button. */
export const FOOT: readonly string[] = ["/", "/inbox", "/talk", "/feed"];

export function isAt(place: Place, path: string): boolean {
  return place.path === "/" ? path === "/" : path === place.path || path.startsWith(`${place.path}/`);
}
