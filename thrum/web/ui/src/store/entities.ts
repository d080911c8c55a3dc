/** What the store holds, by the daemon's own shapes. */
import type { Result } from "@/rpc/client";

export type Message = Result<"message.list">["messages"][number];
export type Recipient = NonNullable<Message["recipients"]>[number];
export type Pair = NonNullable<Message["audiences"]>[number];
/** An agent, and what it does. */
export type Member = Result<"now.list">["agents"][number];
/** Somebody who is registered: an agent, a person. */
export type Agent = Result<"agent.list">["agents"][number];
export type Context = Result<"agent.listContext">["contexts"][number];
/** What somebody has for himself, and until when. */
export type Claim = Result<"claim.list">["claims"][number];
export type Session = Result<"session.list">["sessions"][number];
export type Group = Result<"group.list">["groups"][number];
export type GroupMember = Result<"group.info">["members"][number];
export type Health = Result<"health">;
export type ServiceHealth = NonNullable<Health["services"]>[number];
export type Finding = Result<"doctor.examine">["findings"][number];
export type Logged = Result<"log.list">["events"][number];
/** What an agent waits for leave to do. */
export type Prompt = Result<"prompt.list">["prompts"][number];
export type Loop = Result<"loops.list">["loops"][number];

/** Unread mail as the daemon counts it. */
export interface Counts {
  readonly inbox: number;
  readonly mentions: number;
  readonly groups: Readonly<Record<string, number>>;
  readonly partners: Readonly<Record<string, number>>;
}

export const NO_COUNTS: Counts = { inbox: 0, mentions: 0, groups: {}, partners: {} };

/** The person whose page this is. */
export interface Me {
  readonly id: string;
  readonly username: string;
  readonly display: string;
}

/** For whom a message is, said or implied. */
export interface Audience {
  readonly everyone: boolean;
  readonly agents: readonly string[];
  readonly groups: readonly string[];
  readonly roles: readonly string[];
}

/** Reads it from what the message says, or from its refs and scopes where it says nothing. */
export function audienceOf(message: Pick<Message, "audiences" | "refs" | "scopes">): Audience {
  const told = message.audiences ?? [];
  const refs = message.refs ?? [];
  const pick = (pairs: readonly Pair[], type: string): string[] => [
    ...new Set(pairs.filter((pair) => pair.type === type).map((pair) => pair.value ?? "")),
  ];
  const groups = pick([...told, ...(message.scopes ?? [])], "group").filter((n) => n !== "everyone");
  const roles = pick(told, "role");
  const named = told.length > 0 ? pick(told, "agent") : pick(refs, "mention");
  const agents = named.filter((name) => !groups.includes(name) && !roles.includes(name));
  const isBroadcast = [...told, ...refs].some((pair) => pair.type === "broadcast");
  return { everyone: isBroadcast || (!agents.length && !groups.length && !roles.length), agents, groups, roles };
}

/** The message that this one answers, or empty. */
export function parentOf(message: Message): string {
  return message.reply_to ?? message.refs?.find((ref) => ref.type === "reply_to")?.value ?? "";
}

/** What all messages of one thread share: the thread's id, or the message's own while it is alone. */
export function threadOf(message: Message): string {
  return message.thread_id || message.message_id;
}
