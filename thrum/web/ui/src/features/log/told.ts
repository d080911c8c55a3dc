/** An event of the log as a row tells it. */
import { moment } from "@/lib/time";
import { audienceOf, type Logged, type Pair } from "@/store/entities";
import { t } from "@/text/en";

export interface Told {
  readonly id: string;
  readonly at: number;
  readonly actor: string;
  readonly did: string;
  /** To whom it went, if it is a message. */
  readonly to: readonly string[];
  /** What it was about, in the words of whoever did it. */
  readonly text: string;
  readonly marks: readonly string[];
  /** Where more of it is to be seen. */
  readonly href: string;
}

type Thing = Readonly<Record<string, unknown>>;

/** By what an event is known here: its id, or its place where it has none. */
export function eventId(logged: Logged): string {
  return word(logged["event_id"]) || `${word(logged["file"])}:${word(logged["line"])}`;
}

/** What an event tells, with the names of groups where these are known, whatever it lacks: other programs write into the log as well. */
export function told(logged: Logged, groupOf: (id: string) => string = (id) => id): Told {
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
    id: eventId(logged),
    at: moment(word(logged["timestamp"])),
    actor,
    did: isReadable ? (t.log.did[type] ?? type) : t.log.unreadable,
    to: type === "message.create" && isReadable && logged["purged"] !== true ? audience(event) : [],
    text: isReadable ? about(type, event, groupOf) : word(logged["text"]),
    marks: marks.filter(Boolean),
    href: messageId ? `/m/${encodeURIComponent(messageId)}` : `/agents/${encodeURIComponent(actor)}`,
  };
}

function audience(event: Thing): readonly string[] {
  const found = audienceOf({ audiences: pairs(event["audiences"]), refs: pairs(event["refs"]), scopes: pairs(event["scopes"]) });
  return found.everyone ? [t.message.everyone] : [...found.groups, ...found.roles, ...found.agents];
}

function pairs(value: unknown): Pair[] {
  return Array.isArray(value) ? value.map(thing).map((each) => ({ type: word(each["type"]), value: word(each["value"]) })) : [];
}

function about(type: string, event: Thing, groupOf: (id: string) => string): string {
  if (type === "message.receipt") return word(event["receipt_type"]) || "read";
  if (type.startsWith("message.")) return word(thing(event["body"])["content"]) || word(event["reason"]);
  if (type === "agent.register") return words(event, ["role", "module"], "/");
  if (type === "agent.update") {
    const works = Array.isArray(event["work_contexts"]) ? event["work_contexts"].map(thing) : [];
    return works.map((work) => words(work, ["branch", "current_task", "intent"], ": ")).filter(Boolean).join("; ");
  }
  const group = groupOf(word(event["group_id"]));
  if (type.startsWith("group.member.")) return [group, words(event, ["member_type", "member_value"], " ")].filter(Boolean).join(": ");
  if (type.startsWith("group.")) return word(event["name"]) || group;
  return words(event, ["reason", "cutoff"], " ");
}

function words(from: Thing, keys: readonly string[], between: string): string {
  return keys.map((key) => word(from[key])).filter(Boolean).join(between);
}

export function word(value: unknown): string {
  return typeof value === "string" || typeof value === "number" ? String(value) : "";
}

function thing(value: unknown): Thing {
  return typeof value === "object" && value !== null ? (value as Thing) : {};
}
