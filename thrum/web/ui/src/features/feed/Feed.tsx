/** All that is said, as it comes; filters stand in the address. */
import { useCallback, useEffect, useMemo, useState, type ReactElement } from "react";
import { useSearchParams } from "wouter";

import { useDesk } from "@/actions/DoingContext";
import { useScene, type ListHandle } from "@/actions/scene";
import { visible } from "@/lib/bidi";
import { bare, isPerson } from "@/lib/names";
import { MessageRow } from "@/mail/MessageRow";
import { Thread } from "@/mail/Thread";
import { useShown } from "@/mail/useShown";
import { audienceOf, type Message } from "@/store/entities";
import { useThrum } from "@/store/store";
import { t } from "@/text/en";
import { Empty, Skeleton } from "@/ui/Blank";
import { Button } from "@/ui/Button";
import { Choose } from "@/ui/Choose";
import { Split } from "@/ui/Layout";
import { List } from "@/ui/List";

import css from "./feed.module.css";

const KINDS = ["all", "direct", "everyone", "groups", "people"] as const;
type Kind = (typeof KINDS)[number];

/** Rows that fill any window, and how many messages are looked through for them unasked. */
const ENOUGH = 40;
const MOST_LOOKED = 1_000;

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
  useShown(() => held ?? ids.slice(0, depth));
  useScene({ list: handle, messageId: opened ?? active }, `${opened ?? ""} ${active ?? ""} ${handle ? "" : "no"}`);
  const older = useCallback(() => {
    desk.looking.older("all").catch(() => undefined); // what is there stays; the end is come to again
  }, [desk]);
  const isFiltered = kind !== "all" || from !== "";
  const canWalk = isMore && held === null;
  useEffect(() => {
    // Few of those that came last may fit; a list that is not full has no end to come to.
    if (isLoaded && isFiltered && canWalk && ids.length < ENOUGH && order.length < MOST_LOOKED) older();
  }, [isLoaded, isFiltered, canWalk, ids.length, order.length, older]);
  const names = [...new Set([...[...agents.keys()].map(bare), ...(from ? [from] : [])])].sort();
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
      <header className={css["head"]}>
        <h1 tabIndex={-1}>{t.views.feed}</h1>
        <Choose label={t.feed.kind} value={kind} options={KINDS.map((each) => [each, t.feed.kinds[each]])} onChoose={(chosen) => set("kind", chosen === "all" ? "" : chosen)} />
        <Choose label={t.feed.from} value={from} options={[["", t.feed.anybody], ...names.map((name) => [name, visible(name)] as const)]} onChoose={(chosen) => set("from", chosen)} />
        <span className={css["pause"]}>
          <Button look="quiet" aria-pressed={held !== null} onClick={() => hold(held ? null : order)}>
            {held ? t.feed.resume : t.feed.pause}
          </Button>
        </span>
      </header>
      <p role="status" className={held ? css["held"] : undefined}>
        {held ? t.feed.paused(Math.max(since, 0)) : ""}
      </p>
      {ids.length > 0 ? (
        <List
          key={`${kind} ${from}`}
          label={t.views.feed}
          ids={ids}
          estimate={86}
          chosen={opened}
          news={(count, newest) => t.inbox.newMail(count, bare(messages.get(newest)?.agent_id ?? ""))}
          onEnd={canWalk ? older : undefined}
          onDepth={setDepth}
          onHandle={setHandle}
          onActive={setActive}
          foot={isFiltered && canWalk ? <Button look="quiet" onClick={older}>{t.search.more}</Button> : null}
        >
          {(id, isChosen) => <MessageRow id={id} href={link(id)} isChosen={isChosen} hasAudience />}
        </List>
      ) : !isLoaded ? (
        <Skeleton rows={8} height={86} />
      ) : order.length > 0 ? (
        <Empty title={t.feed.emptyFilter}>
          {canWalk ? <Button onClick={older}>{t.search.more}</Button> : null}
          <Button onClick={() => setParams(new URLSearchParams())}>{t.feed.clear}</Button>
        </Empty>
      ) : (
        <Empty title={t.feed.empty} />
      )}
    </>
  );
  return <Split isOpen={opened !== null} list={list} detail={opened ? <Thread key={opened} id={opened} /> : <Empty title={t.inbox.choose} />} />;
}
