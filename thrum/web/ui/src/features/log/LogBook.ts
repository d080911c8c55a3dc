/**
 * The log as far as it is known here: what came last, and older pages as one comes to them.
 *
 * A page begins before an event, so pages leave no gap however many events are of one moment. What
 * came meanwhile is asked for until it meets what is known; what came late, with an older time,
 * stands in its place.
 */
import type { Call, Params } from "@/rpc/client";
import { asRpcError } from "@/rpc/RpcError";
import type { Logged } from "@/store/entities";

import { eventId, word } from "./told";

export const PAGE = 100;
/** Pages that are asked for at most to meet what is known. */
const MOST_PAGES = 10;
/** What becomes visible within this time is looked at once. */
const GATHER_MS = 1_000;
/** When one looks again whether what was not committed is by now. */
const AGAIN_MS = [5_000, 30_000, 120_000];

export type Which = Pick<Params<"log.list">, "at" | "agent" | "types">;

export interface Known {
  /** The newest first. */
  readonly events: readonly Logged[];
  /** Lines that nobody can read: they have no time, and so no place. */
  readonly unreadable: readonly Logged[];
  readonly hasOlder: boolean;
  /** Why the last page could not be had. */
  readonly error?: unknown;
}

interface Page {
  readonly events: readonly Logged[];
  readonly unreadable: readonly Logged[];
  /** The oldest of its events, before which the next one begins; empty where there is none. */
  readonly before: string;
}

const NOTHING: Known = { events: [], unreadable: [], hasOlder: false };

export class LogBook {
  known: Known | null = null;
  private before = "";
  private isWalking = false;
  private isLooking = false;
  private isAskedAgain = false;
  private looks = 0;
  private cursor: string | undefined;
  private stirred: ReturnType<typeof setTimeout> | undefined;
  private waiting: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly call: Call,
    private readonly which: Which,
    private onChange: (known: Known | null) => void,
  ) {}

  /** Has somebody else told of changes, or nobody. */
  tell(onChange: ((known: Known | null) => void) | null): void {
    this.onChange = onChange ?? (() => undefined);
    if (!onChange) this.rest();
  }

  /** How far the page has come in what became visible; further than last time, there is something to look at. */
  stir(cursor: string): void {
    const isNews = this.cursor !== undefined && cursor !== this.cursor;
    this.cursor = cursor;
    if (isNews && !this.which.at) this.stirred ??= setTimeout(() => void this.look(), GATHER_MS);
  }

  private rest(): void {
    clearTimeout(this.stirred);
    clearTimeout(this.waiting);
    this.stirred = undefined;
  }

  /** Looks at what came last. */
  async look(): Promise<void> {
    this.rest();
    // What came after it was asked for may not be in the answer.
    this.isAskedAgain = this.isLooking;
    if (this.isLooking) return;
    this.isLooking = true;
    try {
      await this.meet();
      while (this.isAskedAgain) {
        this.isAskedAgain = false;
        await this.meet();
      }
    } catch (error) {
      // What is known stays good, and is looked at again with the next push.
      if (!this.known || !asRpcError(error).isPassing) this.set({ ...(this.known ?? NOTHING), error });
    } finally {
      this.isLooking = false;
    }
    this.lookLater();
  }

  /** The page before the oldest that is known. */
  async older(): Promise<void> {
    const known = this.known;
    if (!known?.hasOlder || this.isWalking) return;
    this.isWalking = true;
    try {
      const page = await this.page(this.before);
      this.before = page.before;
      this.take(page, page.before !== "");
    } catch (error) {
      this.set({ ...(this.known ?? known), error });
    } finally {
      this.isWalking = false;
    }
  }

  private async meet(): Promise<void> {
    const known = new Set(this.known?.events.map(eventId));
    const fresh: Page[] = [];
    for (let before = ""; ; ) {
      const page = await this.page(before);
      fresh.push(page);
      const isMet = known.size > 0 && page.events.some((each) => known.has(eventId(each)));
      if (isMet || !page.before || known.size === 0) break;
      if (fresh.length === MOST_PAGES) {
        this.known = null; // too much came meanwhile: older pages are asked for anew
        break;
      }
      before = page.before;
    }
    const isFirst = !this.known?.events.length;
    if (isFirst) this.before = fresh.at(-1)?.before ?? "";
    for (const page of fresh) this.take(page, isFirst ? this.before !== "" : (this.known?.hasOlder ?? false));
  }

  /** A page of events, of fewer where they are too long to be told at once. */
  private async page(before: string, limit = PAGE): Promise<Page> {
    try {
      const { events } = await this.call("log.list", { ...this.which, limit, ...(before ? { before } : {}) });
      const readable = events.filter((each) => each["unreadable"] === undefined);
      const oldest = readable[0];
      const isFull = readable.length >= limit && oldest !== undefined;
      return { events: readable, unreadable: events.filter((each) => each["unreadable"] !== undefined), before: isFull ? eventId(oldest) : "" };
    } catch (error) {
      if (asRpcError(error).kind !== "too_large" || limit === 1) throw error;
      return this.page(before, Math.ceil(limit / 5));
    }
  }

  private take(page: Page, hasOlder: boolean): void {
    const { events = [], unreadable = [] } = this.known ?? {};
    this.set({ events: merged(events, page.events), unreadable: merged(unreadable, page.unreadable), hasOlder });
  }

  private lookLater(): void {
    const isAllCommitted = this.known?.events.slice(0, PAGE).every((each) => each["committed"] !== false) ?? true;
    this.looks = isAllCommitted ? 0 : this.looks + 1;
    const wait = AGAIN_MS[this.looks - 1];
    if (wait !== undefined && !this.which.at) this.waiting = setTimeout(() => void this.look(), wait);
  }

  private set(known: Known): void {
    this.known = known;
    this.onChange(known);
  }
}

/** Both, each event once, as it was told last; the newest first. */
function merged(known: readonly Logged[], told: readonly Logged[]): readonly Logged[] {
  const all = new Map(known.map((each) => [eventId(each), each]));
  for (const each of told) all.set(eventId(each), each);
  const key = (each: Logged): string => `${word(each["timestamp"])} ${eventId(each)}`;
  return [...all.values()].sort((a, b) => (key(a) < key(b) ? 1 : -1));
}
