import "fake-indexeddb/auto";
import { afterEach } from "vitest";

afterEach(() => {
  window.localStorage.clear();
});

/** jsdom lays nothing out, so nothing ever has another size. */
class ResizeObserver {
  observe(): void {
    return;
  }
  unobserve(): void {
    return;
  }
  disconnect(): void {
    return;
  }
}
globalThis.ResizeObserver = ResizeObserver;
