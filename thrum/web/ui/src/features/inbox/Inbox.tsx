/** The mail of this person: a list beside the thread that is open. */
import { useCallback, useState, type ReactElement } from "react";
import { useLocation, useSearchParams } from "wouter";

import { useDesk } from "@/actions/DoingContext";
import { useScene, type ListHandle } from "@/actions/scene";
import { MessageRow } from "@/mail/MessageRow";
import { Thread } from "@/mail/Thread";
import { useShown } from "@/mail/useShown";
import { bare } from "@/lib/names";
import { inboxRows, unreadCount, type InboxTab } from "@/store/selectors";
import { useThrum } from "@/store/store";
import { t } from "@/text/en";
import { Empty, Skeleton } from "@/ui/Blank";
import { Button } from "@/ui/Button";
import { Head, HeadEnd, Split } from "@/ui/Layout";
import { List } from "@/ui/List";
import { Tabs } from "@/ui/Tabs";

const TABS: readonly InboxTab[] = ["all", "unread", "mentions"];
const EMPTY: Readonly<Record<InboxTab, string>> = {
  all: t.inbox.emptyAll,
  unread: t.inbox.emptyUnread,
  mentions: t.inbox.emptyMentions,
};

/** Rows that were there when the tab was opened stay while it is open, read or not. */
function useSteadyRows(tab: InboxTab): readonly string[] {
  const rows = useThrum((state) => inboxRows(state, tab));
  const inbox = useThrum((state) => state.inbox);
  const [shown, setShown] = useState<{ readonly tab: InboxTab; readonly ids: readonly string[] }>({ tab, ids: rows });
  if (tab !== "unread") return rows;
  if (shown.tab !== tab) {
    setShown({ tab, ids: rows });
    return rows;
  }
  const stays = new Set([...shown.ids, ...rows]);
  const all = inbox.filter((id) => stays.has(id));
  if (rows.some((id) => !shown.ids.includes(id))) setShown({ tab, ids: all });
  return all;
}

export function Inbox({ tab: wanted }: { readonly tab?: string | undefined }): ReactElement {
  const tab = TABS.find((each) => each === wanted) ?? "all";
  const desk = useDesk();
  const [params] = useSearchParams();
  const [location] = useLocation();
  const opened = params.get("m");
  const ids = useSteadyRows(tab);
  const unread = useThrum(unreadCount);
  const isLoaded = useThrum((state) => state.isLoaded);
  const isMore = useThrum((state) => state.hasOlder.inbox);
  const author = useThrum((state) => state.messages.get(state.inbox[0] ?? "")?.agent_id ?? "");
  const [handle, setHandle] = useState<ListHandle | null>(null);
  const [active, setActive] = useState<string | null>(null);
  const [depth, setDepth] = useState(0);
  useShown(() => ids.slice(0, depth));
  useScene({ list: handle, shown: ids, isInbox: tab !== "mentions", messageId: opened ?? active }, `${opened ?? ""} ${active ?? ""} ${ids.length} ${handle ? "" : "no"}`);
  const older = useCallback(() => {
    desk.looking.older("inbox").catch(() => undefined); // what is there stays; the end is come to again
  }, [desk]);
  const base = location.startsWith("/inbox") ? `/inbox/${tab}` : "/inbox/all";

  const list = (
    <>
      <Head title={t.views.inbox}>
        <Tabs
          label={t.views.inbox}
          tabs={TABS.map((each) => ({
            href: `/inbox/${each}`,
            label: t.inbox.tabs[each],
            isCurrent: each === tab,
            ...(each === "unread" ? { count: unread } : {}),
          }))}
        />
        <HeadEnd>
          {unread > 0 ? (
            <Button look="quiet" icon="check" isSmall keys="Shift E" onClick={() => (tab === "mentions" ? desk.markRead(ids, true) : desk.markAllRead())}>
              {t.inbox.readAll}
            </Button>
          ) : null}
        </HeadEnd>
      </Head>
      {ids.length > 0 ? (
        <List
          key={tab}
          label={t.views.inbox}
          ids={ids}
          estimate={86}
          chosen={opened}
          news={(count) => t.inbox.newMail(count, bare(author))}
          onEnd={isMore ? older : undefined}
          onDepth={setDepth}
          onHandle={setHandle}
          onActive={setActive}
        >
          {(id, isChosen) => <MessageRow id={id} href={`${base}?m=${id}`} isChosen={isChosen} />}
        </List>
      ) : isLoaded ? (
        <Empty title={EMPTY[tab]} />
      ) : (
        <Skeleton rows={8} height={86} />
      )}
    </>
  );
  return <Split isOpen={opened !== null} list={list} detail={opened ? <Thread key={opened} id={opened} /> : <Empty title={t.inbox.choose} />} />;
}
