/** For whom a message is to be: as chosen, as named in its text, as whoever wrote before. */
import { bare } from "@/lib/names";
import { audienceOf, type Message } from "@/store/entities";
import type { State } from "@/store/state";

export const EVERYONE = "everyone";

export interface Known {
  readonly name: string;
  readonly kind: "agent" | "person" | "role" | "group" | "everyone";
}

/** Everybody and everything that one can write to. */
export function knownNames(state: Pick<State, "agents" | "members" | "groups" | "me">): readonly Known[] {
  const found = new Map<string, Known>();
  for (const agent of state.agents.values()) {
    if (agent.agent_id === state.me?.id) continue;
    found.set(agent.agent_id, { name: agent.agent_id, kind: agent.kind === "user" ? "person" : "agent" });
  }
  for (const member of state.members.values()) {
    if (member.agent_id !== state.me?.id && !found.has(member.agent_id)) {
      found.set(member.agent_id, { name: member.agent_id, kind: member.agent_id.startsWith("user:") ? "person" : "agent" });
    }
  }
  for (const name of state.groups.keys()) if (name !== EVERYONE) found.set(name, { name, kind: "group" });
  for (const agent of state.members.values()) {
    const isPerson = agent.agent_id.startsWith("user:");
    if (agent.role && !isPerson && !found.has(agent.role)) found.set(agent.role, { name: agent.role, kind: "role" });
  }
  found.set(EVERYONE, { name: EVERYONE, kind: "everyone" });
  return [...found.values()];
}

/** The name as it is known, or null. A person may be named without the `user:`. */
export function resolve(name: string, known: readonly Known[]): Known | null {
  return known.find((each) => each.name === name) ?? known.find((each) => bare(each.name) === bare(name)) ?? null;
}

/** The people of a message but oneself: its author first, then whom it was for. */
export function peopleOf(message: Message, me: string, onlyAuthor: boolean): readonly string[] {
  const author = message.agent_id === me ? [] : [message.agent_id];
  if (onlyAuthor && author.length > 0) return author;
  const audience = audienceOf(message);
  const isMe = (name: string): boolean => bare(name) === bare(me);
  if (audience.everyone) return [EVERYONE];
  const others = [...audience.agents, ...audience.groups, ...audience.roles].filter((name) => !isMe(name));
  return [...new Set([...author, ...others])];
}

export interface Addressed {
  readonly to: readonly string[];
  /** Mentioned in the text and nobody known. */
  readonly unknown: readonly string[];
  readonly isEveryone: boolean;
}

/** Who gets it: the chosen ones and those that the text names. */
export function addressed(chosen: readonly string[], named: readonly string[], known: readonly Known[]): Addressed {
  const found = named.map((name) => ({ name, as: resolve(name, known) }));
  const to = [...new Set([...chosen, ...found.flatMap(({ as }) => (as ? [as.name] : []))])];
  const unknown = found.filter(({ as }) => !as).map(({ name }) => name);
  return { to: to.filter((name) => name !== EVERYONE), unknown, isEveryone: to.includes(EVERYONE) };
}
