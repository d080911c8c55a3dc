/** The outbox in IndexedDB: one record for each thing, under the repository and the person. */
import { createStore, del, entries, set, type UseStore } from "idb-keyval";

import type { Kept } from "./Kept";
import type { Drawer } from "./Outbox";

const store = (): UseStore => createStore("thrum", "outbox");

export function drawer(owner: string, place: UseStore = store()): Drawer {
  const prefix = `${owner}\n`;
  return {
    async load() {
      const all = await entries<string, Kept>(place);
      return all
        .filter(([key]) => key.startsWith(prefix))
        .map(([, kept]) => kept)
        .sort((a, b) => a.madeAt - b.madeAt);
    },
    put: (kept) => set(prefix + kept.key, kept, place),
    remove: (key) => del(prefix + key, place),
  };
}

/** A key that nobody else makes; long enough for the daemon to name the message by it. */
export function freshKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(20));
  return `web-${[...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("")}`;
}
