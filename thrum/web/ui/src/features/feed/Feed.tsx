/** All that is said, as it comes; filters stand in the address. */
import { useCallback, useMemo, useState, type ReactElement } from "react";
import { useSearchParams } from "wouter";

import { useDesk } from "@/actions/DoingContext";
import { useScene, type ListHandle } from "@/actions/scene";
import { bare, isPerson } from "@/lib/names";
import { MessageRow } from "@/mail/MessageRow";
import { Thread } from "@/mail/Thread";
import { useHeld } from "@/mail/useHeld";
import { audienceOf, type Message } from "@/store/entities";
import { useThrum } from "@/store/store";
import { t } from "@/text/en";
import { Empty, Skeleton } from "@/ui/Blank";
import { Button } from "@/ui/Button";
import { Head, HeadEnd, Split } from "@/ui/Layout";
import { List } from "@/ui/List";
import ui from "@/ui/ui.module.css";

const KINDS = ["all", "direct", "everyone", "groups", "people"] as const;
type Kind = (typeof KINDS)[number];

export interface Filter {
  readonly kind: Kind;
  readonly from: string;
}

export function fits(message: Message, filter: Filter): boolean {
  if (filter.from && bare(message.agent_id) !== filter.from) return false;
  const audience = audienceOf(message);
  switch (filter.kind) {
    case "all":
      return true;
    case "people":
      return isPerson(message.agent_id);
    case "everyone":
      return audience.everyone;
    case "groups":
      return audience.groups.length > 0;
    case "direct":
      return !audience.everyone && audience.groups.length === 0;
  }
}

export function Feed(): ReactElement {
  const desk = useDesk();
  const [params, setParams] = useSearchParams();
  const opened = params.get("m");
  const filter: Filter = {
    kind: KINDS.find((each) => each === params.get("kind")) ?? "all",
    from: params.get("from") ?? "",
  };
  const order = useThrum((state) => state.order);
  const messages = useThrum((state) => state.messages);
  const agents = useThrum((state) => state.agents);
  const isLoaded = useThrum((state) => state.isLoaded);
  const isMore = useThrum((state) => state.hasOlder.all);
  const [held, hold] = useState<readonly string[] | null>(null);
  const [handle, setHandle] = useState<ListHandle | null>(null);
  const [active, setActive] = useState<string | null>(null);
  const source = held ?? order;
  const { kind, from } = filter;
  const ids = useMemo(
    () =>
      kind === "all" && !from
        ? source
        : source.filter((id) => {
            const message = messages.get(id);
            return message !== undefined && fits(message, { kind, from });
          }),
    [source, messages, kind, from],
  );
  const [depth, setDepth] = useState(0);
  useHeld(() => held ?? ids.slice(0, depth));
  useScene({ list: handle, messageId: opened ?? active }, `${opened ?? ""} ${active ?? ""} ${handle ? "" : "no"}`);
  const older = useCallback(() => {
    desk.looking.older("all").catch(() => undefined); // what is there stays; the end is come to again
  }, [desk]);
  const set = (name: string, value: string): void => {
    setParams((now) => {
      const next = new URLSearchParams(now);
      if (value) next.set(name, value);
      else next.delete(name);
      next.delete("m");
      return next;
    });
  };
  const link = (id: string): string => {
    const next = new URLSearchParams(params);
    next.set("m", id);
    return `/feed?${next.toString()}`;
  };
  const since = held ? order.indexOf(held[0] ?? "") : 0;

  const list = (
    <>
      <Head title={t.feed.title}>
        <label className={ui["labelled"]}>
          <span>{t.feed.kind}</span>
          <select className={ui["select"]} value={filter.kind} onChange={(event) => set("kind", event.target.value === "all" ? "" : event.target.value)}>
            {KINDS.map((each) => (
              <option key={each} value={each}>
                {t.feed.kinds[each]}
              </option>
            ))}
          </select>
        </label>
        <label className={ui["labelled"]}>
          <span>{t.feed.from}</span>
          <select className={ui["select"]} value={filter.from} onChange={(event) => set("from", event.target.value)}>
            <option value="">{t.feed.anybody}</option>
            {[...agents.keys()].sort().map((id) => (
              <option key={id} value={bare(id)}>
                {bare(id)}
              </option>
            ))}
          </select>
        </label>
        <HeadEnd>
          {held ? <span>{t.feed.paused(Math.max(since, 0))}</span> : null}
          <Button look="quiet" aria-pressed={held !== null} onClick={() => hold(held ? null : order)}>
            {held ? t.feed.resume : t.feed.pause}
          </Button>
        </HeadEnd>
      </Head>
      {ids.length > 0 ? (
        <List
          key={`${kind} ${from}`}
          label={t.feed.title}
          ids={ids}
          estimate={86}
          chosen={opened}
          news={(count, newest) => t.inbox.newMail(count, bare(messages.get(newest)?.agent_id ?? ""))}
          onEnd={isMore && !held ? older : undefined}
          onDepth={setDepth}
          onHandle={setHandle}
          onActive={setActive}
        >
          {(id, isChosen) => <MessageRow id={id} href={link(id)} isChosen={isChosen} hasAudience />}
        </List>
      ) : !isLoaded ? (
        <Skeleton rows={8} height={86} />
      ) : order.length > 0 ? (
        <Empty title={t.feed.emptyFilter}>
          <Button onClick={() => setParams(new URLSearchParams())}>{t.feed.clear}</Button>
        </Empty>
      ) : (
        <Empty title={t.feed.empty} />
      )}
    </>
  );
  return <Split isOpen={opened !== null} list={list} detail={opened ? <Thread key={opened} id={opened} /> : <Empty title={t.inbox.choose} />} />;
}
