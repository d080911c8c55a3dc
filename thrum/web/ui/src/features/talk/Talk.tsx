/** What was said with whom: partners beside the talk with one of them, both directions. */
import { useState, type ReactElement } from "react";
import { Link } from "wouter";

import { useScene, type ListHandle } from "@/actions/scene";
import { Doubt } from "@/mail/Doubt";
import { gist } from "@/mail/MessageRow";
import { talks, type Talk as Entry } from "@/store/selectors";
import { useThrum } from "@/store/store";
import { t } from "@/text/en";
import { Ago } from "@/ui/Ago";
import { Empty, Skeleton } from "@/ui/Blank";
import { Head, Split } from "@/ui/Layout";
import { List } from "@/ui/List";
import { Name } from "@/ui/Name";
import { Count } from "@/ui/Tabs";

import { Said } from "./Said";
import css from "./talk.module.css";

interface TalkProps {
  readonly kind: string | undefined;
  readonly name: string | undefined;
}

const hrefOf = (talk: Pick<Entry, "isGroup" | "name">): string => `/talk/${talk.isGroup ? "group" : "with"}/${encodeURIComponent(talk.name)}`;

export function Talk({ kind, name }: TalkProps): ReactElement {
  const all = useThrum((state) => talks(state.order, state.messages, state.inbox, state.keptUnread, state.marking, state.me));
  const isLoaded = useThrum((state) => state.isLoaded);
  const [handle, setHandle] = useState<ListHandle | null>(null);
  useScene({ list: handle }, handle ? "list" : "");
  const chosen = name ? `${kind === "group" ? "group" : "agent"} ${name}` : null;
  const byKey = new Map(all.map((talk) => [talk.key, talk]));
  const list = (
    <>
      <Head title={t.views.talk} />
      {all.length > 0 ? (
        <List label={t.views.talk} ids={all.map((talk) => talk.key)} estimate={64} chosen={chosen} onHandle={setHandle}>
          {(key, isChosen) => {
            const talk = byKey.get(key);
            return talk ? <TalkRow talk={talk} isChosen={isChosen} /> : null;
          }}
        </List>
      ) : isLoaded ? (
        <Empty title={t.talk.empty}>
          <p>{t.talk.emptyHint}</p>
        </Empty>
      ) : (
        <Skeleton rows={6} height={64} />
      )}
    </>
  );
  const detail = name ? <Said key={chosen} name={name} isGroup={kind === "group"} /> : <Empty title={t.talk.choose} />;
  return <Split isOpen={name !== undefined} list={list} detail={detail} />;
}

function TalkRow({ talk, isChosen }: { readonly talk: Entry; readonly isChosen: boolean }): ReactElement {
  const message = useThrum((state) => state.messages.get(talk.last));
  const isMine = useThrum((state) => message?.agent_id === state.me?.id);
  return (
    <Link href={hrefOf(talk)} className={css["row"]} data-row-focus data-chosen={isChosen || undefined} data-unread={talk.unread > 0 || undefined}>
      <span className={css["row-head"]}>
        {talk.name === "everyone" ? <strong>{t.talk.everyone}</strong> : <Name id={talk.name} />}
        {talk.isGroup && talk.name !== "everyone" ? <span className={css["soft"]}>{t.compose.kinds.group}</span> : null}
        <span className={css["row-end"]}>
          <Doubt of={message} />
          <Count of={talk.unread} isStrong label={t.app.unread(talk.unread)} />
          <Ago at={message?.created_at} />
        </span>
      </span>
      <span className={css["row-text"]} dir="auto">
        {isMine ? `${t.talk.you} ` : ""}
        {message?.deleted ? t.message.takenBack : gist(message?.body.content ?? "")}
      </span>
    </Link>
  );
}
