/** What this page owes the daemon, in IndexedDB: one record for each thing, under the repository and the person. */
import { createStore, del, entries, set, type UseStore } from "idb-keyval";

import type { Kept } from "./Kept";
import type { Mark } from "./Mark";

interface Owed {
  readonly key: string;
  readonly madeAt: number;
}

/** Where one kind of it is written down. */
export interface Drawer<T extends Owed> {
  /** All of it, the oldest first. */
  load(): Promise<readonly T[]>;
  put(owed: T): Promise<void>;
  remove(key: string): Promise<void>;
}

export interface Drawers {
  readonly sends: Drawer<Kept>;
  readonly marks: Drawer<Mark>;
}

export function drawer<T extends Owed>(owner: string, place: UseStore): Drawer<T> {
  const prefix = `${owner}\n`;
  return {
    async load() {
      const all = await entries<string, T>(place);
      return all
        .filter(([key]) => key.startsWith(prefix))
        .map(([, owed]) => owed)
        .sort((a, b) => a.madeAt - b.madeAt);
    },
    put: (owed) => set(prefix + owed.key, owed, place),
    remove: (key) => del(prefix + key, place),
  };
}

/** Each kind has a database of its own, since one made for a single kind takes in no other. */
export function drawers(owner: string): Drawers {
  return {
    sends: drawer(owner, createStore("thrum", "outbox")),
    marks: drawer(owner, createStore("thrum-marks", "marks")),
  };
}

/** A key that nobody else makes; long enough for the daemon to name the message by it. */
export function freshKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(20));
  return `web-${[...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("")}`;
}
