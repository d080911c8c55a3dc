/** A look at what the row under the keys stands for, beside the list and without opening it. */
import { useEffect, type ReactElement } from "react";
import { useStore } from "zustand";

import { useDesk } from "@/actions/DoingContext";
import { partnerOf, type Partner, type Row } from "@/actions/rows";
import { scene } from "@/actions/scene";
import { bare } from "@/lib/names";
import { AgentFacts } from "@/mail/AgentFacts";
import { MessageView } from "@/mail/MessageView";
import { gist } from "@/mail/MessageRow";
import { talkMessages, threadOfMessage } from "@/store/selectors";
import { useThrum } from "@/store/store";
import { t } from "@/text/en";
import { Empty } from "@/ui/Blank";
import { Button } from "@/ui/Button";
import { Name } from "@/ui/Name";

import css from "./app.module.css";

/** So many of the last messages are shown. */
const LAST = 4;

export function Peek(): ReactElement | null {
  const row = useStore(scene, (state) => (state.isPeeking && !state.menu ? state.row : null));
  const messages = useThrum((state) => state.messages);
  if (!row) return null;
  const message = row.kind === "message" ? messages.get(row.id) : undefined;
  const name = bare(message?.agent_id ?? partnerOf(row)?.name ?? "");
  return (
    <section className={css["peek"]} aria-label={t.row.peekOf(name)} data-above-rows>
      <header className={css["peek-head"]}>
        <h2>{name === "everyone" ? t.talk.everyone : <Name id={name} />}</h2>
        <span className={css["peek-hint"]}>{t.row.peekHint}</span>
        <Button look="quiet" icon="close" isSmall keys="Esc" onClick={() => scene.setState({ isPeeking: false })}>
          {t.app.close}
        </Button>
      </header>
      <p className="hidden" role="status">
        {t.row.peekOf(`${name}: ${gist(message?.body.content ?? "").slice(0, 140)}`)}
      </p>
      <div className={css["peek-body"]} key={`${row.kind} ${row.id}`}>
        <Content row={row} />
      </div>
    </section>
  );
}

function Content({ row }: { readonly row: Row }): ReactElement | null {
  const partner = partnerOf(row);
  if (!partner) return <ThreadLook id={row.id} />;
  return (
    <>
      {partner.isGroup ? <GroupLook name={partner.name} /> : <AgentFacts id={partner.name} />}
      <TalkLook partner={partner} />
    </>
  );
}

function ThreadLook({ id }: { readonly id: string }): ReactElement {
  const desk = useDesk();
  const messages = useThrum((state) => state.messages);
  useEffect(() => {
    desk.looking.thread(id).catch(() => undefined); // what is here is shown all the same
  }, [desk, id]);
  const thread = threadOfMessage(messages, id).map((each) => each.message_id);
  const last = thread.slice(-LAST);
  const ids = last.includes(id) ? last : [id, ...last.slice(1)];
  return <Messages ids={ids} opened={id} />;
}

function TalkLook({ partner: { name, isGroup } }: { readonly partner: Partner }): ReactElement {
  const desk = useDesk();
  const me = useThrum((state) => state.me?.id ?? "");
  const ids = useThrum((state) => talkMessages(state.order, state.messages, me, name, isGroup));
  useEffect(() => {
    desk.looking.talk(name, isGroup).catch(() => undefined); // what is here is shown all the same
  }, [desk, name, isGroup]);
  const last = ids.slice(-LAST);
  return <Messages ids={last} opened={last.at(-1)} />;
}

function GroupLook({ name }: { readonly name: string }): ReactElement | null {
  const description = useThrum((state) => state.groups.get(name)?.description ?? "");
  return description ? <p dir="auto">{description}</p> : null;
}

function Messages({ ids, opened }: { readonly ids: readonly string[]; readonly opened: string | undefined }): ReactElement {
  if (ids.length === 0) return <Empty title={t.talk.none} />;
  return (
    <>
      {ids.map((id) => (
        <MessageView key={id} id={id} isOpened={id === opened} marksRead={false} isAside />
      ))}
    </>
  );
}
