/** The one state that every view is a function of. */
import type { Pushes, Standing } from "@/rpc/methods";
import type { LinkState } from "@/socket/Link";
import type { Kept } from "@/outbox/Kept";

import { NO_COUNTS, type Agent, type Claim, type Context, type Counts, type Group, type Health, type Me, type Member, type Prompt } from "./entities";
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
  /** What each agent with a session works on, by its name. */
  readonly contexts: ReadonlyMap<string, Context>;
  /** What is held, and what was lost to an earlier claim, by its id. */
  readonly claims: ReadonlyMap<string, Claim>;
  readonly groups: ReadonlyMap<string, Group>;
  /** What agents wait for leave to do, the oldest first. */
  readonly prompts: readonly Prompt[];
  /** How many monitors run, and which do not. */
  readonly monitors: Standing;
  readonly health: Health | null;
  /** How the exchange goes, as it was told last. */
  readonly sync: Pushes["notification.sync"] | null;
  /** Unread mail as the daemon knows it: without what is marked here and not told yet. */
  readonly counts: Counts;
  /** Read here, and the daemon is still to be told. */
  readonly marking: ReadonlySet<string>;
  /** All mail until then is read, and the daemon is still to be told; a time, or empty. */
  readonly markingUntil: string;
  /** How far this page has come in what became visible; empty before the first snapshot. */
  readonly cursor: string;
  /** Whether the daemon has older messages than this page. */
  readonly hasOlder: Readonly<Record<"inbox" | "all", boolean>>;
  /** Read, and to be shown as unread until it is opened again. */
  readonly keptUnread: ReadonlySet<string>;
  /** Taken back by this person, and still there for as long as that can be undone. */
  readonly leaving: ReadonlySet<string>;
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
  contexts: new Map(),
  claims: new Map(),
  groups: new Map(),
  prompts: [],
  monitors: {},
  health: null,
  sync: null,
  counts: NO_COUNTS,
  marking: new Set(),
  markingUntil: "",
  cursor: "",
  hasOlder: { inbox: false, all: false },
  keptUnread: new Set(),
  leaving: new Set(),
  outbox: [],
  toasts: [],
  pinned: new Set(),
  parked: new Set(),
};
