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

/** Nor does it have anything stand above the page. */
HTMLElement.prototype.showPopover = function show(this: HTMLElement): void {
  this.removeAttribute("popover"); // else it would count as closed
};
Element.prototype.scrollIntoView = nothing;
