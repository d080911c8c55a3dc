import { act, cleanup, render } from "@testing-library/react";
import { useRef, type ReactElement } from "react";
import { afterEach, beforeEach, expect, it, vi } from "vitest";

import { DoingContext } from "@/actions/DoingContext";
import type { Doing } from "@/actions/table";
import type { Desk } from "@/store/Desk";
import { makeStore, StoreContext } from "@/store/store";

import { useReadWhenSeen } from "./useReadWhenSeen";

const markRead = vi.fn();
let see: (isIntersecting: boolean) => void;
let hasFocus = true;

function Message(): ReactElement {
  const frame = useRef<HTMLDivElement>(null);
  useReadWhenSeen(frame, "msg_1", true);
  return <div ref={frame} />;
}

function begin(kept: readonly string[] = []): void {
  const doing = { desk: { markRead } as unknown as Desk } as unknown as Doing;
  render(
    <StoreContext value={makeStore({ keptUnread: new Set(kept) })}>
      <DoingContext value={doing}>
        <Message />
      </DoingContext>
    </StoreContext>,
  );
}

beforeEach(() => {
  vi.useFakeTimers();
  vi.clearAllMocks();
  hasFocus = true;
  see = () => undefined;
  vi.spyOn(document, "hasFocus").mockImplementation(() => hasFocus);
  vi.stubGlobal(
    "IntersectionObserver",
    class {
      constructor(told: (entries: { isIntersecting: boolean }[]) => void) {
        see = (isIntersecting) => told([{ isIntersecting }]);
      }
      observe = vi.fn();
      disconnect = vi.fn();
    },
  );
});
afterEach(() => {
  cleanup();
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

const wait = (ms: number): void => void act(() => vi.advanceTimersByTime(ms));
const reads = (): number => markRead.mock.calls.length;

it("reads what was in sight for a second, not before", () => {
  begin();
  see(true);
  wait(900);
  expect(reads()).toBe(0);
  wait(200);
  expect(markRead.mock.calls).toEqual([[["msg_1"]]]);
});

it("does not read in passing", () => {
  begin();
  for (let times = 0; times < 5; times += 1) {
    see(true);
    wait(800);
    see(false);
    wait(800);
  }
  expect(reads()).toBe(0);
});

it("reads in a window that has the focus alone, a second after it has it", () => {
  begin();
  hasFocus = false;
  see(true);
  wait(60_000);
  expect(reads()).toBe(0);
  hasFocus = true;
  window.dispatchEvent(new Event("focus"));
  wait(600);
  hasFocus = false;
  window.dispatchEvent(new Event("blur"));
  wait(5_000);
  expect(reads()).toBe(0);
  hasFocus = true;
  window.dispatchEvent(new Event("focus"));
  wait(1_100);
  expect(reads()).toBe(1);
});

it("leaves alone what is kept unread", () => {
  begin(["msg_1"]);
  see(true);
  wait(5_000);
  expect(reads()).toBe(0);
});
