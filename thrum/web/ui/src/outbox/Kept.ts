/** Something that this page owes the daemon, kept until it was taken. */
import type { Params } from "@/rpc/client";

export interface Kept {
  /** By this the daemon knows a repetition; it is made once, and never again for the same thing. */
  readonly key: string;
  readonly params: Params<"message.send">;
  /** In milliseconds since 1970. */
  readonly madeAt: number;
  readonly state: "kept" | "sending" | "failed";
  /** Why it failed, for people. */
  readonly reason?: string;
}
