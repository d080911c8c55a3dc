/** The one state that every view is a function of. */
import type { LinkState } from "@/socket/Link";
import type { Kept } from "@/outbox/Kept";

import type { Agent, Group, Health, Me, Member } from "./entities";
import { EMPTY_SHELF, type Shelf } from "./messages";

export interface Trouble {
  readonly kind: string;
  readonly message: string;
  readonly hint: string;
}

/** Whether the daemon knows whose page this is. */
export type Access = "asking" | "granted" | "stranger";

export interface Toast {
  readonly id: number;
  readonly text: string;
  readonly undo?: () => void;
}

export interface State extends Shelf {
  readonly link: LinkState;
  /** Since when the link is as it is, in milliseconds. */
  readonly linkSince: number;
  /** Whether the first snapshot has come; until then views show how they will look. */
  readonly isLoaded: boolean;
  readonly access: Access;
  readonly me: Me | null;
  readonly trouble: Trouble | null;
  readonly members: ReadonlyMap<string, Member>;
  readonly agents: ReadonlyMap<string, Agent>;
  readonly groups: ReadonlyMap<string, Group>;
  readonly health: Health | null;
  /** Unread in this person's inbox, as the daemon counts, with what has happened here since. */
  readonly unread: number;
  readonly inboxTotal: number;
  readonly allTotal: number;
  /** Read, and to be shown as unread until it is opened again. */
  readonly keptUnread: ReadonlySet<string>;
  readonly outbox: readonly Kept[];
  readonly toasts: readonly Toast[];
  readonly pinned: ReadonlySet<string>;
  readonly parked: ReadonlySet<string>;
}

export const INITIAL: State = {
  ...EMPTY_SHELF,
  link: "connecting",
  linkSince: 0,
  isLoaded: false,
  access: "asking",
  me: null,
  trouble: null,
  members: new Map(),
  agents: new Map(),
  groups: new Map(),
  health: null,
  unread: 0,
  inboxTotal: 0,
  allTotal: 0,
  keptUnread: new Set(),
  outbox: [],
  toasts: [],
  pinned: new Set(),
  parked: new Set(),
};
