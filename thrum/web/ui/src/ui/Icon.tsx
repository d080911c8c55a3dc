/** Small pictures beside words; they say nothing by themselves. */
import type { ReactElement } from "react";

const PATHS = {
  now: "M3 12h4l2.5-7 5 14L17 12h4",
  inbox: "M3 13h5l1.5 3h5L16 13h5M5 5h14l2 8v6H3v-6z",
  talk: "M4 5h16v11H10l-5 4v-4H4z",
  feed: "M4 6h16M4 12h16M4 18h10",
  agents: "M6 8h12v10H6zM12 8V4M9 12v2M15 12v2",
  groups: "M9 11a3 3 0 1 0 0-6 3 3 0 0 0 0 6zM3 19c0-3 2.7-5 6-5s6 2 6 5M16 5.5a3 3 0 0 1 0 5.5M17 14c2.4.5 4 2.300 4 5",
  whoHas: "M6 3h8l4 4v14H6zM14 3v4h4M9 13h6M9 17h4",
  search: "M11 18a7 7 0 1 0 0-14 7 7 0 0 0 0 14zM16 16l5 5",
  log: "M12 7v5l3 2M12 21a9 9 0 1 0-9-9M3 12l-1-2M3 12l2-1.500",
  timeline: "M3 7h9M8 12h11M5 17h8M3 3v18",
  health: "M12 20s-8-4.800-8-10.500A4.500 4.500 0 0 1 12 7a4.500 4.500 0 0 1 8 2.500C20 15.200 12 20 12 20z",
  settings: "M4 7h9M17 7h3M4 17h3M11 17h9M15 5v4M9 15v4",
  more: "M5 12h.1M12 12h.1M19 12h.1",
  compose: "M4 20h4L19 9l-4-4L4 16zM13 7l4 4",
  close: "M6 6l12 12M18 6 6 18",
  back: "M15 5l-7 7 7 7",
  copy: "M9 9h10v11H9zM5 15V4h10",
  check: "M5 12l5 5 9-10",
  pin: "M9 4h6l-1 6 3 3H7l3-3zM12 13v7",
  reply: "M10 6 4 12l6 6M4 12h10c4 0 6 2 6 6",
  down: "M6 9l6 6 6-6",
} as const;

export type IconName = keyof typeof PATHS;

export function Icon({ name, size = 18 }: { readonly name: IconName; readonly size?: number }): ReactElement {
  return (
    <svg viewBox="0 0 24 24" width={size} height={size} fill="none" stroke="currentColor" strokeWidth={name === "more" ? 3 : 1.8} strokeLinecap="round" strokeLinejoin="round" aria-hidden="true">
      <path d={PATHS[name]} />
    </svg>
  );
}
