/** Messages that were read here, of which the daemon is still to be told. */
export interface Mark {
  /** By this the daemon knows a repetition. */
  readonly key: string;
  readonly ids: readonly string[];
  /** All that lay unread by then was read too, also what this page does not know of; a time. */
  readonly until?: string;
  /** In milliseconds since 1970. */
  readonly madeAt: number;
}
