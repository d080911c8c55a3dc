/**
 * The one connection to the daemon: kept up, told of, and asked through.
 *
 * A lost connection refuses what was under way with `lost` and is tried again for ever, at once
 * when the window comes forward or the machine is online again. A daemon that stands still does not
 * close the connection; so whoever asks learns after `SILENT_MS` that nothing is heard.
 */
import { read, request, type Push } from "@/rpc/frames";
import { RpcError } from "@/rpc/RpcError";

import { pause } from "./backoff";

export const SILENT_MS = 1_500;
export const DEADLINE_MS = 30_000;
/** What takes long by its nature, with the time it may take: its silence says nothing of the daemon. */
const SLOW: ReadonlyMap<string, number> = new Map([["log.list", DEADLINE_MS], ["doctor.examine", 130_000]]);

export type LinkState = "connecting" | "open" | "silent" | "lost";

interface Waiting {
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: RpcError) => void;
  readonly deadline: ReturnType<typeof setTimeout>;
}

export interface LinkEvents {
  readonly onState: (state: LinkState) => void;
  readonly onPushes: (pushes: readonly Push[]) => void;
}

export class Link {
  private socket: WebSocket | null = null;
  private readonly waiting = new Map<number, Waiting>();
  private lastId = 0;
  private failures = 0;
  private retry: ReturnType<typeof setTimeout> | undefined;
  private silence: ReturnType<typeof setTimeout> | undefined;
  private state: LinkState = "connecting";
  private isStopped = false;

  constructor(
    private readonly url: string,
    private readonly events: LinkEvents,
    private readonly open: (url: string) => WebSocket = (address) => new WebSocket(address),
  ) {}

  start(): void {
    this.isStopped = false;
    this.connect();
  }

  stop(): void {
    this.isStopped = true;
    clearTimeout(this.retry);
    clearTimeout(this.silence);
    this.socket?.close();
    this.socket = null;
    this.refuseAll();
  }

  /** Tries at once where it would have waited; asks a sign of life where it is connected. */
  nudge(): void {
    if (this.isStopped) return;
    if (this.socket?.readyState === WebSocket.OPEN) {
      this.request("agent.whoami").catch(() => undefined); // any answer is a sign of life
    } else if (this.socket === null) {
      clearTimeout(this.retry);
      this.connect();
    }
  }

  request(method: string, params?: object): Promise<unknown> {
    const socket = this.socket;
    if (socket?.readyState !== WebSocket.OPEN) {
      return Promise.reject(new RpcError("lost", "there is no connection to the daemon"));
    }
    const id = ++this.lastId;
    const within = SLOW.get(method) ?? DEADLINE_MS;
    return new Promise((resolve, reject) => {
      const deadline = setTimeout(() => {
        this.waiting.delete(id);
        reject(new RpcError("timeout", `no answer to ${method} within ${within / 1_000} s`));
      }, within);
      this.waiting.set(id, { resolve, reject, deadline });
      socket.send(request(id, method, params));
      if (!SLOW.has(method)) this.silence ??= setTimeout(() => this.become("silent"), SILENT_MS);
    });
  }

  private connect(): void {
    const socket = this.open(this.url);
    this.socket = socket;
    socket.onopen = () => {
      this.failures = 0;
      this.become("open");
    };
    socket.onmessage = (event: MessageEvent<unknown>) => {
      if (typeof event.data === "string" && this.socket === socket) this.hear(event.data);
    };
    socket.onclose = () => {
      if (this.socket === socket) this.lose();
    };
  }

  private hear(data: string): void {
    clearTimeout(this.silence);
    this.silence = undefined;
    if (this.state === "silent") this.become("open");
    const pushes: Push[] = [];
    for (const frame of read(data)) {
      if (frame.what === "push") pushes.push(frame.push);
      else if (frame.what !== "noise" && frame.id !== null) {
        const waiting = this.waiting.get(frame.id);
        if (!waiting) continue; // its deadline has passed
        this.waiting.delete(frame.id);
        clearTimeout(waiting.deadline);
        if (frame.what === "reply") waiting.resolve(frame.result);
        else waiting.reject(frame.error);
      }
    }
    if (pushes.length > 0) this.events.onPushes(pushes);
  }

  private lose(): void {
    this.socket = null;
    this.failures += 1;
    clearTimeout(this.silence);
    this.silence = undefined;
    this.become("lost");
    this.refuseAll();
    if (!this.isStopped) {
      this.retry = setTimeout(() => this.connect(), pause(this.failures, Math.random()));
    }
  }

  private refuseAll(): void {
    const left = [...this.waiting.values()];
    this.waiting.clear();
    for (const each of left) {
      clearTimeout(each.deadline);
      each.reject(new RpcError("lost", "the connection to the daemon was lost"));
    }
  }

  private become(state: LinkState): void {
    if (state === this.state) return;
    this.state = state;
    this.events.onState(state);
  }
}
