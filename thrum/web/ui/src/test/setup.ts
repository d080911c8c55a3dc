import "fake-indexeddb/auto";
import { afterEach, vi } from "vitest";

afterEach(() => {
  window.localStorage.clear();
});

/** jsdom lays nothing out, so nothing ever changes its size there. */
const nothing = (): void => undefined;
vi.stubGlobal(
  "ResizeObserver",
  class {
    readonly observe = nothing;
    readonly unobserve = nothing;
    readonly disconnect = nothing;
  },
);
