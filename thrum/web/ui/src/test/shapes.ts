/** Small things of the daemon's shapes, for tests. */
import type { Me, Member, Message } from "@/store/entities";

export const ME: Me = { id: "user:dana", username: "dana", display: "Dana Marsh" };

let made = 0;

/** A message that came to Dana from furiosa, unless it is said otherwise. */
export function message(part: Partial<Message> = {}): Message {
  made += 1;
  return {
    message_id: `msg_${String(made).padStart(6, "0")}`,
    agent_id: "furiosa",
    body: { content: "hello", format: "markdown" },
    created_at: `2026-01-01T00:00:00.${String(made).padStart(9, "0")}Z`,
    deleted: false,
    is_read: false,
    audiences: [{ type: "agent", value: ME.id }],
    ...part,
  };
}

export function member(agentId: string, part: Partial<Member> = {}): Member {
  return { agent_id: agentId, role: "implementer", module: "core", state: "working", evidence: "said", session_id: `ses_${agentId}`, ...part };
}
