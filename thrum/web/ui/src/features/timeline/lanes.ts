/** Sessions as bars on lanes, one lane for each agent; bars of a lane never overlap. */
import { moment } from "@/lib/time";
import type { Session } from "@/store/entities";

export interface Bar {
  readonly id: string;
  readonly from: number;
  readonly to: number;
  readonly isOpen: boolean;
  readonly intent: string;
}

export interface Lane {
  readonly agentId: string;
  readonly bars: readonly Bar[];
}

/** What lies between two moments, by the names of the agents. */
export function lanesOf(sessions: readonly Session[], from: number, to: number): readonly Lane[] {
  const found = new Map<string, Bar[]>();
  for (const session of sessions) {
    const isOpen = !session.ended_at;
    const bar: Bar = {
      id: session.session_id,
      from: moment(session.started_at),
      to: isOpen ? to : moment(session.ended_at),
      isOpen,
      intent: session.intent ?? "",
    };
    if (bar.to < from || bar.from > to) continue;
    found.set(session.agent_id, [...(found.get(session.agent_id) ?? []), bar]);
  }
  return [...found]
    .map(([agentId, bars]) => ({ agentId, bars: apart(bars) }))
    .sort((a, b) => a.agentId.localeCompare(b.agentId));
}

/** A session that began while another was open ends that one's bar. */
function apart(bars: readonly Bar[]): readonly Bar[] {
  const sorted = [...bars].sort((a, b) => a.from - b.from);
  return sorted.map((bar, index) => {
    const next = sorted[index + 1];
    return next && next.from < bar.to ? { ...bar, to: next.from } : bar;
  });
}

export interface Tick {
  readonly at: number;
  readonly label: string;
}

const HOUR = 3_600_000;

/** Round moments between two, six or so of them. */
export function ticks(from: number, to: number): readonly Tick[] {
  const step = [1, 2, 4, 6, 12, 24, 48].map((hours) => hours * HOUR).find((each) => (to - from) / each <= 7) ?? 168 * HOUR;
  const day = new Date(from).setHours(0, 0, 0, 0);
  const found: Tick[] = [];
  for (let at = day; at <= to; at += step) {
    if (at < from) continue;
    const date = new Date(at);
    const label = step >= 24 * HOUR ? date.toLocaleDateString(undefined, { day: "numeric", month: "short" }) : date.toLocaleTimeString(undefined, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
    found.push({ at, label });
  }
  return found;
}
