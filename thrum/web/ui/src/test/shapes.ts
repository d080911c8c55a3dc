/** Small things of the daemon's shapes, for tests. */
import type { Claim, Me, Member, Message } from "@/store/entities";

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

/** What nux holds until the evening. */
export function claim(what: string, part: Partial<Claim> = {}): Claim {
  made += 1;
  return { claim_id: `clm_${made}`, kind: "path", what, agent_id: "nux", created_at: "2026-01-01T10:00:00Z", until: "2026-01-01T18:00:00Z", state: "held", confirmed: true, ...part };
}
