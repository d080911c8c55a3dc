/** JSON-RPC 2.0 as it goes over the socket: what a frame from the daemon can be. */
import { RpcError } from "./RpcError";

export interface Push {
  readonly method: string;
  readonly params: Readonly<Record<string, unknown>>;
}

export type Frame =
  | { readonly what: "reply"; readonly id: number; readonly result: unknown }
  | { readonly what: "refusal"; readonly id: number | null; readonly error: RpcError }
  | { readonly what: "push"; readonly push: Push }
  | { readonly what: "noise" };

export function isRecord(thing: unknown): thing is Readonly<Record<string, unknown>> {
  return typeof thing === "object" && thing !== null && !Array.isArray(thing);
}

function text(thing: unknown): string {
  return typeof thing === "string" ? thing : "";
}

function asError(error: Readonly<Record<string, unknown>>): RpcError {
  const data = isRecord(error["data"]) ? error["data"] : {};
  const code = typeof error["code"] === "number" ? error["code"] : 0;
  const kind = text(data["kind"]) || (code === -32601 ? "method_not_found" : "internal");
  return new RpcError(kind, text(error["message"]), text(data["hint"]), code);
}

function oneFrame(thing: unknown): Frame {
  if (!isRecord(thing)) return { what: "noise" };
  const id = typeof thing["id"] === "number" ? thing["id"] : null;
  if (isRecord(thing["error"])) return { what: "refusal", id, error: asError(thing["error"]) };
  if (id !== null) return { what: "reply", id, result: thing["result"] };
  if (typeof thing["method"] !== "string") return { what: "noise" };
  const params = isRecord(thing["params"]) ? thing["params"] : {};
  return { what: "push", push: { method: thing["method"], params } };
}

/** What a frame's text holds; a batch holds several. */
export function read(frame: string): Frame[] {
  let thing: unknown;
  try {
    thing = JSON.parse(frame);
  } catch {
    return [{ what: "noise" }];
  }
  return Array.isArray(thing) ? thing.map(oneFrame) : [oneFrame(thing)];
}

export function request(id: number, method: string, params: object | undefined): string {
  const hasParams = params !== undefined && Object.keys(params).length > 0;
  return JSON.stringify({ jsonrpc: "2.0", id, method, ...(hasParams ? { params } : {}) });
}
