/** What happened, as it comes, or as of a moment of the past; the newest first. */
import { useMemo, useState, type ReactElement } from "react";
import { Link, useSearchParams } from "wouter";

import { useScene, type ListHandle } from "@/actions/scene";
import { visible } from "@/lib/bidi";
import { bare } from "@/lib/names";
import { gist } from "@/mail/MessageRow";
import type { Logged } from "@/store/entities";
import { useThrum } from "@/store/store";
import { t } from "@/text/en";
import { Ago } from "@/ui/Ago";
import { Empty, Failure, Skeleton } from "@/ui/Blank";
import { Button } from "@/ui/Button";
import { Choose } from "@/ui/Choose";
import { Head } from "@/ui/Layout";
import { List } from "@/ui/List";
import { Name } from "@/ui/Name";
import ui from "@/ui/ui.module.css";

import css from "./log.module.css";
import { told, type Told } from "./told";
import { useLogBook } from "./useLogBook";

/** What is to be seen, by the types of events that it means. */
const KINDS: Readonly<Record<keyof typeof t.log.kinds, readonly string[]>> = {
  all: [],
  messages: ["message.create", "message.edit", "message.delete"],
  reads: ["message.receipt"],
  agents: ["agent"],
  groups: ["group"],
  purges: ["purge"],
};
type Kind = keyof typeof KINDS;
const isKind = (word: string | null): word is Kind => word !== null && Object.hasOwn(KINDS, word);

export function Log(): ReactElement {
  const [params, setParams] = useSearchParams();
  const at = params.get("at") ?? "";
  const agent = params.get("agent") ?? "";
  const named = params.get("kind");
  const kind = isKind(named) ? named : "all";
  const { known, look, older } = useLogBook({ at, agent, types: [...KINDS[kind]] });
  const choose = (key: string, value: string): void => {
    const next = new URLSearchParams(params);
    if (value) next.set(key, value);
    else next.delete(key);
    setParams(next);
  };
  const isFiltered = agent !== "" || kind !== "all";
  return (
    <div className={css["log"]}>
      <Head title={t.views.log}>
        <Filters kind={kind} agent={agent} onChoose={choose} />
        <Moment key={at} at={at} onChoose={(moment) => choose("at", moment)} />
      </Head>
      <p className={css["about"]}>{at ? t.log.past(at) : t.log.text}</p>
      {known ? null : <Skeleton rows={6} height={40} />}
      {known?.error && known.events.length === 0 ? <Failure error={known.error} onRetry={look} /> : null}
      {known && !known.error && known.events.length === 0 ? (
        <Empty title={isFiltered ? t.log.emptyFilter : t.log.empty}>{isFiltered ? <Button onClick={() => setParams(at ? { at } : {})}>{t.feed.clear}</Button> : null}</Empty>
      ) : null}
      {known?.unreadable.length ? <Unreadable lines={known.unreadable} /> : null}
      {known && known.events.length > 0 ? (
        <Events key={`${at} ${agent} ${kind}`} events={known.events} error={known.error} onOlder={known.hasOlder ? older : undefined} onRetry={known.hasOlder ? older : look} />
      ) : null}
    </div>
  );
}

interface EventsProps {
  readonly events: readonly Logged[];
  readonly error: unknown;
  readonly onOlder: (() => void) | undefined;
  readonly onRetry: () => void;
}

function Events({ events, error, onOlder, onRetry }: EventsProps): ReactElement {
  const [handle, setHandle] = useState<ListHandle | null>(null);
  useScene({ list: handle }, handle ? "list" : "");
  const groups = useThrum((state) => state.groups);
  const byId = useMemo(() => {
    const names = new Map([...groups.values()].map((group) => [group.group_id, group.name]));
    return new Map(events.map((each) => told(each, (id) => names.get(id) ?? id)).map((row) => [row.id, row]));
  }, [events, groups]);
  const ids = useMemo(() => [...byId.keys()], [byId]);
  return (
    <List
      label={t.views.log}
      ids={ids}
      estimate={40}
      news={(count, newest) => t.inbox.newMail(count, bare(byId.get(newest)?.actor ?? ""))}
      onEnd={onOlder}
      onHandle={setHandle}
      foot={error ? <Failure error={error} onRetry={onRetry} /> : onOlder ? null : <p className={css["end"]}>{t.log.end}</p>}
    >
      {(id) => {
        const row = byId.get(id);
        return row ? <Row told={row} /> : null;
      }}
    </List>
  );
}

/** Which moment or commit, in the words that `thrum log --at` takes. */
function Moment({ at, onChoose }: { readonly at: string; readonly onChoose: (at: string) => void }): ReactElement {
  const [typed, setTyped] = useState(at);
  return (
    <form
      className={css["moment"]}
      onSubmit={(event) => {
        event.preventDefault();
        onChoose(typed.trim());
      }}
    >
      <label className={ui["labelled"]}>
        <span>{t.log.at}</span>
        <input className={ui["field"]} placeholder={t.log.hint} title={t.log.hint} value={typed} onChange={(event) => setTyped(event.target.value)} />
      </label>
      <Button type="submit">{t.log.show}</Button>
      {at ? <Button onClick={() => onChoose("")}>{t.log.now}</Button> : null}
    </form>
  );
}

interface FiltersProps {
  readonly kind: Kind;
  readonly agent: string;
  readonly onChoose: (key: string, value: string) => void;
}

function Filters({ kind, agent, onChoose }: FiltersProps): ReactElement {
  const agents = useThrum((state) => state.agents);
  const names = [...new Set([...agents.keys(), ...(agent ? [agent] : [])])].sort((a, b) => bare(a).localeCompare(bare(b)));
  return (
    <div className={css["filters"]}>
      <Choose label={t.log.kind} value={kind} options={Object.entries(t.log.kinds)} onChoose={(chosen) => onChoose("kind", chosen === "all" ? "" : chosen)} />
      <Choose label={t.log.by} value={agent} options={[["", t.log.anybody], ...names.map((id) => [id, visible(bare(id))] as const)]} onChoose={(chosen) => onChoose("agent", chosen)} />
    </div>
  );
}

function Row({ told: row }: { readonly told: Told }): ReactElement {
  return (
    <Link href={row.href} className={css["event"]} data-row-focus>
      <span className={css["event-text"]} dir="auto">
        {row.actor ? <Name id={row.actor} /> : null} {visible(row.did)}
        {row.to.length > 0 ? (
          <>
            {" "}
            {t.message.to} <bdi>{visible(row.to.map(bare).join(", "))}</bdi>
          </>
        ) : null}
        {row.marks.length > 0 ? <em> ({row.marks.join(", ")})</em> : null}
        {row.text ? <span className={css["event-about"]}>: {gist(row.text)}</span> : null}
      </span>
      <Ago at={row.at} />
    </Link>
  );
}

/** Lines that some program wrote and nobody can read. */
function Unreadable({ lines }: { readonly lines: readonly Logged[] }): ReactElement {
  return (
    <details className={css["unreadable"]}>
      <summary>{t.log.unreadableLines(lines.length)}</summary>
      <ul>
        {lines.slice(0, MOST_UNREADABLE).map((line) => told(line)).map((line) => (
          <li key={line.id}>
            <code>{visible(line.id)}</code>: {visible(line.text.slice(0, LONGEST))}
          </li>
        ))}
      </ul>
    </details>
  );
}

const MOST_UNREADABLE = 50;
const LONGEST = 200;
