/** What happened until a moment: messages and sessions in one order, the newest first. */
import { useMemo, useState, type ReactElement } from "react";
import { Link, useSearchParams } from "wouter";

import { useDesk } from "@/actions/DoingContext";
import { useScene, type ListHandle } from "@/actions/scene";
import { useAsked } from "@/actions/useAsked";
import { isPerson } from "@/lib/names";
import { moment } from "@/lib/time";
import { MessageRow } from "@/mail/MessageRow";
import type { Session } from "@/store/entities";
import { useThrum } from "@/store/store";
import { t } from "@/text/en";
import { Ago } from "@/ui/Ago";
import { Empty, Failure, Skeleton } from "@/ui/Blank";
import { Button } from "@/ui/Button";
import { Head } from "@/ui/Layout";
import { List } from "@/ui/List";
import { Name } from "@/ui/Name";
import ui from "@/ui/ui.module.css";

import css from "./log.module.css";

interface Entry {
  readonly id: string;
  readonly at: number;
  readonly session?: Session;
  readonly hasEnded?: boolean;
}

function entriesOf(sessions: readonly Session[]): Entry[] {
  return sessions.flatMap((session) => [
    { id: `${session.session_id} began`, at: moment(session.started_at), session },
    ...(session.ended_at ? [{ id: `${session.session_id} ended`, at: moment(session.ended_at), session, hasEnded: true }] : []),
  ]);
}

/** The time of a field without its zone, which is the browser's. */
function fieldTime(text: string | null): number {
  const at = text ? new Date(text).getTime() : Number.NaN;
  return Number.isNaN(at) ? Number.POSITIVE_INFINITY : at;
}

export function Log(): ReactElement {
  const desk = useDesk();
  const [params, setParams] = useSearchParams();
  const at = params.get("at");
  const until = fieldTime(at);
  const order = useThrum((state) => state.order);
  const messages = useThrum((state) => state.messages);
  const isMore = useThrum((state) => state.hasOlder.all);
  const [asked, again] = useAsked("sessions", () => desk.call("session.list", { limit: 500 }));
  const [handle, setHandle] = useState<ListHandle | null>(null);
  useScene({ list: handle }, handle ? "list" : "");
  const entries = useMemo(() => {
    const said = order.map<Entry>((id) => ({ id, at: moment(messages.get(id)?.created_at) }));
    const sessions = asked.state === "there" ? entriesOf(asked.value.sessions.filter((each) => !isPerson(each.agent_id))) : [];
    return [...said, ...sessions].filter((entry) => entry.at <= until).sort((a, b) => b.at - a.at);
  }, [order, messages, asked, until]);
  const byId = new Map(entries.map((entry) => [entry.id, entry]));
  return (
    <div className={css["log"]}>
      <Head title={t.log.title}>
        <label className={ui["labelled"]}>
          <span>{t.log.at}</span>
          <input type="datetime-local" className={ui["select"]} value={at ?? ""} onChange={(event) => setParams(event.target.value ? { at: event.target.value } : {})} />
        </label>
        {at ? <Button onClick={() => setParams({})}>{t.log.now}</Button> : null}
      </Head>
      <p className={css["about"]}>{t.log.text}</p>
      {asked.state === "asking" ? <Skeleton rows={6} height={48} /> : null}
      {asked.state === "failed" ? <Failure error={asked.error} onRetry={again} /> : null}
      {asked.state !== "asking" && entries.length === 0 ? <Empty title={t.log.empty} /> : null}
      {asked.state !== "asking" && entries.length > 0 ? (
        <List key={at} label={t.log.title} ids={entries.map((entry) => entry.id)} estimate={62} onHandle={setHandle} onEnd={isMore ? () => void desk.looking.older("all") : undefined}>
          {(id) => {
            const entry = byId.get(id);
            if (!entry) return null;
            return entry.session ? <SessionRow session={entry.session} hasEnded={entry.hasEnded ?? false} /> : <MessageRow id={id} href={`/feed?m=${id}`} isChosen={false} hasAudience lines={1} />;
          }}
        </List>
      ) : null}
    </div>
  );
}

function SessionRow({ session, hasEnded }: { readonly session: Session; readonly hasEnded: boolean }): ReactElement {
  return (
    <Link href={`/agents/${encodeURIComponent(session.agent_id)}`} className={css["session"]} data-row-focus>
      <span>
        <Name id={session.agent_id} /> {hasEnded ? `${t.timeline.ended.toLowerCase()} ${session.end_reason ?? ""}` : t.timeline.began.toLowerCase()}
      </span>
      <Ago at={hasEnded ? session.ended_at : session.started_at} />
    </Link>
  );
}
