/**
 * Sends what is kept, in order, each until the daemon has taken it or refused it for good.
 *
 * It is written down before the first attempt, so a reload, a crash or a lost connection loses
 * nothing; the key has the daemon take each once, whichever answer was lost, and whichever of
 * several tabs sends it.
 */
import { asRpcError } from "@/rpc/RpcError";
import type { Call, Result } from "@/rpc/client";

import type { Drawer } from "./drawer";
import type { Kept } from "./Kept";

export interface OutboxEvents {
  readonly onChange: (kept: readonly Kept[]) => void;
  readonly onSent: (kept: Kept, sent: Result<"message.send">) => void;
}

export class Outbox {
  private kept: readonly Kept[] = [];
  private opening: Promise<void> | null = null;
  private flushing: Promise<void> | null = null;

  constructor(
    private readonly drawer: Drawer<Kept>,
    private readonly call: Call,
    private readonly events: OutboxEvents,
  ) {}

  /** Takes up what an earlier visit left, once. */
  open(): Promise<void> {
    this.opening ??= this.takeUp().catch((thrown: unknown) => {
      this.opening = null; // so that it can be tried again
      throw thrown;
    });
    return this.opening;
  }

  private async takeUp(): Promise<void> {
    const left = await this.drawer.load();
    const known = new Set(this.kept.map((each) => each.key));
    this.become([...left.filter((each) => !known.has(each.key)).map(waiting), ...this.kept]);
  }

  /** Writes it down; `flush` sends it. Rejects where it could not be written down, and then it is not kept. */
  async add(kept: Kept): Promise<void> {
    await this.drawer.put(kept);
    this.become([...this.kept.filter((each) => each.key !== kept.key), kept]);
  }

  /** Takes one back that was given up; as it was refused, it waits to be tried again. */
  async restore(kept: Kept): Promise<void> {
    await this.add(kept);
    if (kept.state !== "failed") await this.flush();
  }

  /** Tries one again that was refused. */
  async retry(key: string): Promise<void> {
    this.become(this.kept.map((each) => (each.key === key ? waiting(each) : each)));
    await this.flush();
  }

  /** Gives one up. Null where it is on its way already and cannot be held back. */
  async discard(key: string): Promise<Kept | null> {
    const found = this.kept.find((each) => each.key === key);
    if (!found || found.state === "sending") return null;
    this.become(this.kept.filter((each) => each.key !== key));
    await this.drawer.remove(key);
    return found;
  }

  /** The daemon tells of it, so it was taken, whatever became of the answer. */
  async taken(key: string): Promise<void> {
    if (!this.kept.some((each) => each.key === key)) return;
    this.become(this.kept.filter((each) => each.key !== key));
    await this.drawer.remove(key);
  }

  /** Sends until nothing is left to send, or the daemon cannot be reached. */
  flush(): Promise<void> {
    this.flushing ??= this.sendAll().finally(() => {
      this.flushing = null;
    });
    return this.flushing;
  }

  /** What an earlier visit left goes first. */
  private async sendAll(): Promise<void> {
    await this.open();
    for (;;) {
      const next = this.kept.find((each) => each.state === "kept");
      if (!next || !(await this.send(next))) return;
    }
  }

  /** Whether it is worth going on with the next. */
  private async send(kept: Kept): Promise<boolean> {
    this.replace({ ...kept, state: "sending" });
    try {
      const sent = await this.call("message.send", { ...kept.params, idempotency_key: kept.key });
      this.events.onSent(kept, sent);
      this.become(this.kept.filter((each) => each.key !== kept.key));
      await this.drawer.remove(kept.key);
      return true;
    } catch (thrown) {
      const error = asRpcError(thrown);
      if (error.isPassing) {
        this.replace(waiting(kept));
        return false;
      }
      const reason = error.hint ? `${error.message} (${error.hint})` : error.message;
      const failed: Kept = { ...kept, state: "failed", reason };
      this.replace(failed);
      await this.drawer.put(failed);
      return true;
    }
  }

  private replace(kept: Kept): void {
    this.become(this.kept.map((each) => (each.key === kept.key ? kept : each)));
  }

  private become(kept: readonly Kept[]): void {
    this.kept = kept;
    this.events.onChange(kept);
  }
}

function waiting(kept: Kept): Kept {
  return kept.state === "failed" && kept.reason !== undefined
    ? { key: kept.key, params: kept.params, madeAt: kept.madeAt, state: "kept" }
    : { ...kept, state: "kept" };
}
