/** A refusal of the daemon, or of the way to it (`lost`, `timeout`). Branch on `kind`. */
export class RpcError extends Error {
  override readonly name = "RpcError";

  constructor(
    readonly kind: string,
    message: string,
    readonly hint = "",
    readonly code = 0,
  ) {
    super(message);
  }

  /** Whether the same request may succeed by itself a little later. */
  get isPassing(): boolean {
    return PASSING.has(this.kind);
  }
}

const PASSING: ReadonlySet<string> = new Set(["lost", "timeout", "busy", "stopping", "starting"]);

/** Whatever was thrown, as a refusal. */
export function asRpcError(thrown: unknown): RpcError {
  if (thrown instanceof RpcError) return thrown;
  return new RpcError("internal", thrown instanceof Error ? thrown.message : String(thrown));
}
