/** The daemon's methods, typed by what `rpc.discover` says of them. */
import type { Methods } from "./methods";

export type Method = keyof Methods;
export type Params<M extends Method> = Methods[M]["params"];
export type Result<M extends Method> = Methods[M]["result"];

/** What moves a request to the daemon and its answer back. */
export interface Carrier {
  request(method: string, params?: object): Promise<unknown>;
}

export type Call = <M extends Method>(method: M, params: Params<M>) => Promise<Result<M>>;

/** A typed call over a carrier. The daemon's answers are as its method table says. */
export function caller(carrier: Carrier): Call {
  return async (method, params) =>
    (await carrier.request(method, params)) as Result<typeof method>;
}
