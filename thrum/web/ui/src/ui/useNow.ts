/** The time, as far as words on the page depend on it: one clock for all of them. */
import { useSyncExternalStore } from "react";

const EVERY_MS = 10_000;

let now = Date.now();
let timer: ReturnType<typeof setInterval> | undefined;
const listeners = new Set<() => void>();

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  timer ??= setInterval(tick, EVERY_MS);
  return () => {
    listeners.delete(listener);
    if (listeners.size === 0) {
      clearInterval(timer);
      timer = undefined;
    }
  };
}

function tick(): void {
  now = Date.now();
  for (const each of listeners) each();
}

export function useNow(): number {
  return useSyncExternalStore(subscribe, () => now);
}
