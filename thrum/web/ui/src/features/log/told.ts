/** An event of the log as a row tells it. */
import { moment } from "@/lib/time";
import type { Logged } from "@/store/entities";
import { t } from "@/text/en";

export interface Told {
  readonly id: string;
  readonly at: number;
  readonly actor: string;
  readonly did: string;
  /** What it was about, in the words of whoever did it. */
  readonly text: string;
  readonly marks: readonly string[];
  /** Where more of it is to be seen. */
  readonly href: string;
}

type Thing = Readonly<Record<string, unknown>>;

/** What an event tells, whatever it lacks: other programs write into the log as well. */
export function told(logged: Logged): Told {
  const event = thing(logged["event"]);
  const type = word(logged["type"]);
  const actor = word(logged["actor"]);
  const messageId = word(event["message_id"]);
  const isReadable = logged["unreadable"] === undefined;
  const marks = [
    logged["committed"] === false ? t.log.journal : "",
    logged["purged"] === true ? t.log.purged : logged["deleted"] === true ? t.log.deleted : "",
  ];
  return {
    id: word(logged["event_id"]) || `${word(logged["file"])}:${word(logged["line"])}`,
    at: moment(word(logged["timestamp"])),
    actor,
    did: isReadable ? (t.log.did[type] ?? type) : t.log.unreadable,
    text: isReadable ? about(type, event) : word(logged["text"]),
    marks: marks.filter(Boolean),
    href: messageId ? `/m/${encodeURIComponent(messageId)}` : `/agents/${encodeURIComponent(actor)}`,
  };
}

function about(type: string, event: Thing): string {
  if (type === "message.receipt") return word(event["receipt_type"]) || "read";
  if (type.startsWith("message.")) return word(thing(event["body"])["content"]) || word(event["reason"]);
  if (type === "agent.register") return words(event, ["role", "module"], "/");
  if (type === "agent.update") {
    const works = Array.isArray(event["work_contexts"]) ? event["work_contexts"].map(thing) : [];
    return works.map((work) => words(work, ["branch", "current_task", "intent"], ": ")).filter(Boolean).join("; ");
  }
  if (type.startsWith("group.member.")) return words(event, ["group_id", "member_type", "member_value"], " ");
  if (type.startsWith("group.")) return word(event["name"]) || word(event["group_id"]);
  return words(event, ["reason", "cutoff"], " ");
}

function words(from: Thing, keys: readonly string[], between: string): string {
  return keys.map((key) => word(from[key])).filter(Boolean).join(between);
}

function word(value: unknown): string {
  return typeof value === "string" || typeof value === "number" ? String(value) : "";
}

function thing(value: unknown): Thing {
  return typeof value === "object" && value !== null ? (value as Thing) : {};
}
