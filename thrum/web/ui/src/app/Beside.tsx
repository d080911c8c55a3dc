/** What a very wide window shows beside every view: the feed, or something said that was pinned there. */
import type { ReactElement } from "react";
import { useLocation, useSearch } from "wouter";
import { useStore } from "zustand";

import { linkTo, partnerOf, rowOf, type Row } from "@/actions/rows";
import { Said } from "@/features/talk/Said";
import { bare } from "@/lib/names";
import { MessageRow } from "@/mail/MessageRow";
import { Thread } from "@/mail/Thread";
import { beside, putBeside, showBeside } from "@/prefs/beside";
import { useThrum } from "@/store/store";
import { t } from "@/text/en";
import { Empty, Skeleton } from "@/ui/Blank";
import { Button } from "@/ui/Button";
import { List } from "@/ui/List";
import { Name } from "@/ui/Name";
import { useMedia } from "@/ui/useMedia";

import css from "./app.module.css";

/** What is pinned, as a row; null for the feed. */
function usePinned(): Row | null {
  const { kind, id } = useStore(beside);
  return kind === "feed" ? null : { kind, id, href: linkTo({ kind, id, href: "" }) };
}

/** Whether there is room for it, and the view does not show the same already. */
export function useBeside(): boolean {
  const hasRoom = useMedia("(width >= 2200px)");
  const isShown = useStore(beside, (state) => state.isShown);
  const pinned = usePinned();
  const [path] = useLocation();
  const query = useSearch();
  const open = rowOf(`${path}?${query}`);
  const isSame = pinned ? open?.kind === pinned.kind && open.id === pinned.id : path === "/feed";
  return hasRoom && isShown && !isSame;
}

export function Beside(): ReactElement {
  const pinned = usePinned();
  const author = useThrum((state) => (pinned?.kind === "message" ? (state.messages.get(pinned.id)?.agent_id ?? "") : ""));
  const name = (pinned && partnerOf(pinned)?.name) ?? author;
  return (
    <aside className={css["beside"]} aria-label={t.beside.title}>
      <header className={css["beside-head"]}>
        <h2>{!pinned ? t.beside.feed : name === "everyone" ? t.talk.everyone : <Name id={name} />}</h2>
        {pinned ? (
          <Button look="quiet" icon="feed" isSmall onClick={() => putBeside(pinned)}>
            {t.beside.back}
          </Button>
        ) : null}
        <Button look="quiet" icon="close" isSmall keys="b" onClick={() => showBeside(false)}>
          {t.beside.hide}
        </Button>
      </header>
      {pinned ? <Pinned key={`${pinned.kind} ${pinned.id}`} row={pinned} /> : <LiveFeed />}
    </aside>
  );
}

function Pinned({ row }: { readonly row: Row }): ReactElement {
  const partner = partnerOf(row);
  return partner ? <Said name={partner.name} isGroup={partner.isGroup} isAside /> : <Thread id={row.id} isAside />;
}

function LiveFeed(): ReactElement {
  const order = useThrum((state) => state.order);
  const messages = useThrum((state) => state.messages);
  const isLoaded = useThrum((state) => state.isLoaded);
  if (!isLoaded) return <Skeleton rows={8} height={86} />;
  if (order.length === 0) return <Empty title={t.feed.empty} />;
  return (
    <List label={t.beside.feed} ids={order} estimate={86} news={(count, newest) => t.inbox.newMail(count, bare(messages.get(newest)?.agent_id ?? ""))}>
      {(id) => <MessageRow id={id} href={`/inbox/all?m=${id}`} isChosen={false} hasAudience />}
    </List>
  );
}
