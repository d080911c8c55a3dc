import "fake-indexeddb/auto";
import { afterEach } from "vitest";

afterEach(() => {
  window.localStorage.clear();
});
