/** What happened, now or as of a moment of the past, as the branch holds it; the newest first. */
import { useMemo, useState, type ReactElement } from "react";
import { Link, useSearchParams } from "wouter";

import { useDesk } from "@/actions/DoingContext";
import { useScene, type ListHandle } from "@/actions/scene";
import { useAsked } from "@/actions/useAsked";
import { visible } from "@/lib/bidi";
import { gist } from "@/mail/MessageRow";
import { t } from "@/text/en";
import { Ago } from "@/ui/Ago";
import { Empty, Failure, Skeleton } from "@/ui/Blank";
import { Button } from "@/ui/Button";
import { Head } from "@/ui/Layout";
import { List } from "@/ui/List";
import { Name } from "@/ui/Name";
import ui from "@/ui/ui.module.css";

import css from "./log.module.css";
import { told, type Told } from "./told";

const FIRST = 100;
/** The daemon tells so many at once, and no more. */
const MOST = 500;

export function Log(): ReactElement {
  const desk = useDesk();
  const [params] = useSearchParams();
  const at = params.get("at") ?? "";
  const [limit, setLimit] = useState(FIRST);
  const [asked, again] = useAsked(`${limit} ${at}`, () => desk.call("log.list", { limit, ...(at ? { at } : {}) }));
  const [handle, setHandle] = useState<ListHandle | null>(null);
  useScene({ list: handle }, handle ? "list" : "");
  const rows = useMemo(() => (asked.state === "there" ? asked.value.events.map(told).reverse() : []), [asked]);
  const byId = useMemo(() => new Map(rows.map((row) => [row.id, row])), [rows]);
  const ids = useMemo(() => [...byId.keys()], [byId]);
  const isMore = rows.length >= limit && limit < MOST;
  return (
    <div className={css["log"]}>
      <Head title={t.log.title}>
        <Moment key={at} at={at} />
        {at ? null : <Button onClick={again}>{t.log.again}</Button>}
      </Head>
      <p className={css["about"]}>{t.log.text}</p>
      {asked.state === "asking" ? <Skeleton rows={6} height={48} /> : null}
      {asked.state === "failed" ? <Failure error={asked.error} onRetry={again} /> : null}
      {asked.state === "there" && ids.length === 0 ? <Empty title={t.log.empty} /> : null}
      {ids.length > 0 ? (
        <List
          key={at}
          label={t.log.title}
          ids={ids}
          estimate={40}
          onHandle={setHandle}
          foot={isMore ? <Button look="quiet" onClick={() => setLimit(MOST)}>{t.log.more}</Button> : null}
        >
          {(id) => {
            const row = byId.get(id);
            return row ? <Row told={row} /> : null;
          }}
        </List>
      ) : null}
    </div>
  );
}

/** Which moment or commit, in the words that `thrum log --at` takes. */
function Moment({ at }: { readonly at: string }): ReactElement {
  const [, setParams] = useSearchParams();
  const [typed, setTyped] = useState(at);
  const choose = (chosen: string): void => setParams(chosen ? { at: chosen } : {});
  return (
    <form
      className={css["moment"]}
      onSubmit={(event) => {
        event.preventDefault();
        choose(typed.trim());
      }}
    >
      <label className={ui["labelled"]}>
        <span>{t.log.at}</span>
        <input className={ui["field"]} placeholder={t.log.hint} value={typed} onChange={(event) => setTyped(event.target.value)} />
      </label>
      <Button type="submit">{t.log.show}</Button>
      {at ? <Button onClick={() => choose("")}>{t.log.now}</Button> : null}
    </form>
  );
}

function Row({ told: row }: { readonly told: Told }): ReactElement {
  return (
    <Link href={row.href} className={css["event"]} data-row-focus>
      <span className={css["event-text"]} dir="auto">
        {row.actor ? <Name id={row.actor} /> : null} {visible(row.did)}
        {row.marks.length > 0 ? <em> ({row.marks.join(", ")})</em> : null}
        {row.text ? <span className={css["event-about"]}>: {gist(row.text)}</span> : null}
      </span>
      <Ago at={row.at} />
    </Link>
  );
}
