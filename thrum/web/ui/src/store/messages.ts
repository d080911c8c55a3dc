/** Messages by id and their order: taking in what comes, changing nothing that stays the same. */
import type { Message } from "./entities";

export interface Shelf {
  readonly messages: ReadonlyMap<string, Message>;
  /** All that is known, the newest first. */
  readonly order: readonly string[];
  /** What came to this person, the newest first. */
  readonly inbox: readonly string[];
}

export const EMPTY_SHELF: Shelf = { messages: new Map(), order: [], inbox: [] };

/** Fields that only some answers carry; an answer without them takes nothing away. */
const SOMETIMES = ["recipients", "audiences", "scopes", "refs"] as const;

function joined(old: Message, fresh: Message): Message {
  const whole: Message = { ...fresh };
  for (const field of SOMETIMES) {
    const kept = old[field];
    if (whole[field] === undefined && kept !== undefined) Object.assign(whole, { [field]: kept });
  }
  return JSON.stringify(whole) === JSON.stringify(old) ? old : whole;
}

function isNewer(a: Message, b: Message): number {
  if (a.created_at !== b.created_at) return a.created_at < b.created_at ? 1 : -1;
  return a.message_id < b.message_id ? 1 : -1;
}

function merged(
  order: readonly string[],
  added: readonly string[],
  messages: ReadonlyMap<string, Message>,
): readonly string[] {
  const known = new Set(order);
  const fresh = [...new Set(added)].filter((id) => !known.has(id));
  if (fresh.length === 0) return order;
  const rows = (ids: readonly string[]): Message[] => ids.map((id) => messages.get(id)).filter((each) => each !== undefined);
  const sorted = rows(fresh).sort(isNewer);
  const [oldest, newest] = [sorted.at(-1), messages.get(order[0] ?? "")];
  // What comes is nearly always newer than all that is there.
  if (oldest && newest && isNewer(newest, oldest) > 0) return [...sorted.map((each) => each.message_id), ...order];
  return [...rows(order), ...sorted].sort(isNewer).map((each) => each.message_id);
}

/** Takes messages in; `toMe` says that all of them came to this person. */
export function put(shelf: Shelf, rows: readonly Message[], toMe = false): Shelf {
  let messages: Map<string, Message> | null = null;
  for (const row of rows) {
    const old = shelf.messages.get(row.message_id);
    const next = old ? joined(old, row) : row;
    if (next !== old) (messages ??= new Map(shelf.messages)).set(row.message_id, next);
  }
  const all = messages ?? shelf.messages;
  const ids = rows.map((row) => row.message_id);
  const order = merged(shelf.order, ids, all);
  const inbox = toMe ? merged(shelf.inbox, ids, all) : shelf.inbox;
  if (!messages && order === shelf.order && inbox === shelf.inbox) return shelf;
  return { messages: all, order, inbox };
}

/** Changes some messages by a function; what it gives back unchanged stays the same object. */
export function change(
  shelf: Shelf,
  ids: Iterable<string>,
  by: (message: Message) => Message,
): Shelf {
  let messages: Map<string, Message> | null = null;
  for (const id of ids) {
    const old = shelf.messages.get(id);
    if (!old) continue;
    const next = by(old);
    if (next !== old) (messages ??= new Map(shelf.messages)).set(id, next);
  }
  return messages ? { ...shelf, messages } : shelf;
}

/** Takes messages out, as if they had never come. */
export function drop(shelf: Shelf, ids: ReadonlySet<string>): Shelf {
  if (![...ids].some((id) => shelf.messages.has(id))) return shelf;
  const stays = (id: string): boolean => !ids.has(id);
  return {
    messages: new Map([...shelf.messages].filter(([id]) => stays(id))),
    order: shelf.order.filter(stays),
    inbox: shelf.inbox.filter(stays),
  };
}
