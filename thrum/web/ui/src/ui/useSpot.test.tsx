import { act, cleanup, render } from "@testing-library/react";
import { useRef, type ReactElement } from "react";
import { afterEach, beforeAll, beforeEach, expect, it, vi } from "vitest";
import { navigate } from "wouter/use-browser-location";

import { beginTravel, note, returnedTo } from "@/lib/travel";

import { useSpot } from "./useSpot";

const ROW = 50;

/** As much of a virtual list as tells where its rows are; those before `late` grow after a while. */
interface Rows {
  measurementsCache: { readonly index: number; readonly start: number }[];
  getVirtualItemForOffset: (top: number) => { readonly index: number; readonly start: number } | undefined;
}

function rowsOf(count: number, height = ROW): Rows {
  const all = Array.from({ length: count }, (_, index) => ({ index, start: index * height }));
  return { measurementsCache: all, getVirtualItemForOffset: (top) => all.findLast((row) => row.start <= top) };
}

interface ListProps {
  readonly ids: readonly string[];
  readonly rows: Rows;
  readonly onEnd?: (() => void) | undefined;
}

function List({ ids, rows, onEnd }: ListProps): ReactElement {
  const scroller = useRef<HTMLDivElement>(null);
  const spot = useRef(returnedTo("Rows"));
  // eslint-disable-next-line react-hooks/refs
  const write = useSpot({ label: "Rows", ids, scroller, virtual: rows as never, spot: spot.current, active: null, onEnd });
  return <div ref={scroller} data-testid="rows" onScroll={() => write()} />;
}

const names = (count: number, first = 0): string[] => Array.from({ length: count }, (_, index) => `row ${first + index}`);
const element = (): HTMLElement => document.querySelector('[data-testid="rows"]') ?? document.body;

/** What a browser does where somebody goes back. */
function back(path: string): void {
  history.replaceState(null, "", path);
  window.dispatchEvent(new PopStateEvent("popstate"));
}

/** So many frames as it takes until nothing moves. */
const settled = async (): Promise<void> => {
  await act(() => vi.advanceTimersByTimeAsync(1_000));
};

function scrollTo(top: number): void {
  element().scrollTop = top;
  element().dispatchEvent(new Event("scroll", { bubbles: true }));
}

beforeAll(beginTravel);

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["requestAnimationFrame", "cancelAnimationFrame", "setTimeout", "clearTimeout"] });
  vi.spyOn(HTMLElement.prototype, "scrollHeight", "get").mockReturnValue(100_000);
  Element.prototype.scrollTo = function scroll(this: Element, to?: ScrollToOptions | number): void {
    this.scrollTop = typeof to === "object" ? (to.top ?? 0) : 0;
  };
});

afterEach(() => {
  cleanup();
  vi.useRealTimers();
  vi.restoreAllMocks();
});

it.each(["/inbox/all?m=1", "/talk/with/nux", "/agents/nux", "/groups/backend"])("is noted at %s too, where the list stays while the address changes", async (opened) => {
  navigate(opened.split("/").slice(0, 2).join("/"));
  const { unmount } = render(<List ids={names(90)} rows={rowsOf(90)} />);
  scrollTo(2_210);
  act(() => navigate(opened));
  unmount();
  navigate("/health");
  back(opened);
  render(<List ids={names(90)} rows={rowsOf(90)} />);
  await settled();
  expect(element().scrollTop).toBe(2_210);
});

it("begins at the top for whoever comes anew, and leads back to that", async () => {
  note("Rows", { top: 10, row: "row 40" }, "/feed");
  navigate("/feed");
  const { unmount } = render(<List ids={names(90)} rows={rowsOf(90)} />);
  await settled();
  expect(element().scrollTop).toBe(0);
  unmount();
  navigate("/health");
  back("/feed");
  render(<List ids={names(90)} rows={rowsOf(90)} />);
  await settled();
  expect(element().scrollTop).toBe(0);
});

it("comes to the row although rows above it are measured late, and others came above it", async () => {
  note("Rows", { top: 10, row: "row 40" }, "/feed");
  back("/feed");
  const rows = rowsOf(90);
  const { rerender } = render(<List ids={names(90)} rows={rows} />);
  expect(element().scrollTop).toBe(40 * ROW + 10);
  rows.measurementsCache = rowsOf(90, 70).measurementsCache;
  rerender(<List ids={["new 1", "new 2", ...names(90)]} rows={rows} />);
  await settled();
  expect(element().scrollTop).toBe(42 * 70 + 10);
});

it("asks for older pages until the row is among them", async () => {
  note("Rows", { top: 10, row: "row 70" }, "/feed");
  back("/feed");
  const rows = rowsOf(90);
  const onEnd = vi.fn();
  const { rerender } = render(<List ids={names(30)} rows={rows} onEnd={onEnd} />);
  rerender(<List ids={names(60)} rows={rows} onEnd={onEnd} />);
  expect(onEnd).toHaveBeenCalledTimes(2);
  rerender(<List ids={names(90)} rows={rows} onEnd={onEnd} />);
  await settled();
  expect(onEnd).toHaveBeenCalledTimes(2);
  expect(element().scrollTop).toBe(70 * ROW + 10);
});

it.each(["nothing is older", "it is in none of the pages"])("stays where it is, and notes that, where the row is gone and %s", async (why) => {
  note("Rows", { top: 10, row: "gone" }, "/feed");
  back("/feed");
  const rows = rowsOf(500);
  const onEnd = why === "nothing is older" ? undefined : vi.fn();
  const { rerender } = render(<List ids={names(10)} rows={rows} onEnd={onEnd} />);
  for (let count = 20; count < 200; count += 10) rerender(<List ids={names(count)} rows={rows} onEnd={onEnd} />);
  await settled();
  if (onEnd) expect(onEnd).toHaveBeenCalledTimes(10);
  scrollTo(120);
  expect(returnedTo("Rows")).toEqual({ top: 20, row: "row 2" });
});

it.each(["wheel", "keydown", "pointerdown"])("moves nobody who goes elsewhere meanwhile, by %s", async (event) => {
  note("Rows", { top: 0, row: "row 40" }, "/feed");
  back("/feed");
  render(<List ids={names(90)} rows={rowsOf(90)} />);
  window.dispatchEvent(new Event(event));
  scrollTo(300);
  await settled();
  expect(element().scrollTop).toBe(300);
});
