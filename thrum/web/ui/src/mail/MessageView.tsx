/** One message in full, with what can be done with it. */
import { useEffect, useRef, useState, type ReactElement } from "react";
import { Link } from "wouter";

import { useDesk, useDoing } from "@/actions/DoingContext";
import { linkTo, type Row } from "@/actions/rows";
import { choicesFor } from "@/actions/table";
import { asRpcError } from "@/rpc/RpcError";
import { isUnread } from "@/store/selectors";
import { useThrum } from "@/store/store";
import { t } from "@/text/en";
import { Ago } from "@/ui/Ago";
import { Button } from "@/ui/Button";
import { Markdown } from "@/ui/Markdown";
import { Menu, type Choice } from "@/ui/Menu";
import { Name } from "@/ui/Name";

import { AudienceLine } from "./Audience";
import { Delivery } from "./Delivery";
import { Doubt } from "./Doubt";
import css from "./mail.module.css";
import { useReadWhenSeen } from "./useReadWhenSeen";

interface MessageViewProps {
  readonly id: string;
  readonly isOpened?: boolean;
  readonly marksRead?: boolean;
  /** It is shown besides, and may be on the page a second time. */
  readonly isAside?: boolean;
}

/** What a list offers for a row, and a message that is open has no need of. */
const OF_ROWS: ReadonlySet<string> = new Set(["open", "peek", "select"]);

function rowOf(id: string): Row {
  const row: Row = { kind: "message", id, href: "" };
  return { ...row, href: linkTo(row) };
}

export function MessageView({ id, isOpened = false, marksRead = true, isAside = false }: MessageViewProps): ReactElement | null {
  const doing = useDoing();
  const { desk } = doing;
  const message = useThrum((state) => state.messages.get(id));
  const me = useThrum((state) => state.me?.id ?? "");
  const isNew = useThrum((state) => message !== undefined && isUnread(state, message));
  const isLeaving = useThrum((state) => state.leaving.has(id));
  const [isEditing, setEditing] = useState(false);
  const frame = useRef<HTMLDivElement>(null);
  const isMine = message !== undefined && (message.agent_id === me || message.authored_by === me);
  useReadWhenSeen(frame, id, marksRead && message !== undefined && !message.is_read && !isMine);
  const lacksDelivery = isMine && message.recipients === undefined && !message.deleted;
  useEffect(() => {
    if (lacksDelivery) desk.looking.thread(id).catch(() => undefined); // shown without, until asked again
  }, [desk, id, lacksDelivery]);
  useEffect(() => {
    if (isOpened) frame.current?.scrollIntoView({ block: "nearest" });
  }, [isOpened, id]);
  if (!message) return null;

  const choices = (): readonly Choice[] => [
    ...choicesFor(rowOf(id), doing).filter((each) => !OF_ROWS.has(each.id)),
    ...(message.agent_id === me && !message.deleted
      ? [
          { label: t.message.edit, run: () => setEditing(true) },
          { label: t.message.remove, run: () => desk.remove(id) },
        ]
      : []),
  ];
  return (
    <div ref={frame} className={css["message"]} data-opened={isOpened || undefined} data-unread={isNew || undefined} data-leaving={isLeaving || undefined} {...(isAside ? {} : { id })}>
      <header className={css["message-head"]}>
        <Link href={`/agents/${encodeURIComponent(message.agent_id)}`} className={css["author"]}>
          <Name id={message.agent_id} />
        </Link>
        <AudienceLine message={message} />
        <span className={css["message-when"]}>
          <Doubt of={message} />
          {message.authored_by && message.authored_by !== message.agent_id ? <span>{t.message.as(message.authored_by)}</span> : null}
          {message.updated_at ? <span title={message.updated_at}>{t.message.edited}</span> : null}
          {isLeaving ? <span>{t.message.leaving}</span> : null}
          <Ago at={message.created_at} />
          <Menu label={t.message.more} choices={choices} />
        </span>
      </header>
      {message.deleted ? (
        <p className={css["gone"]}>{t.message.takenBack}</p>
      ) : isEditing ? (
        <Editing id={id} text={message.body.content} onDone={() => setEditing(false)} />
      ) : (
        <Markdown text={message.body.content} />
      )}
      {isMine && message.recipients ? <Delivery recipients={message.recipients} /> : null}
    </div>
  );
}

function Editing({ id, text, onDone }: { readonly id: string; readonly text: string; readonly onDone: () => void }): ReactElement {
  const desk = useDesk();
  const [draft, setDraft] = useState(text);
  const save = (): void => {
    desk.edit(id, draft).then(onDone, (thrown: unknown) => desk.toast(asRpcError(thrown).message));
  };
  return (
    <div className={css["editing"]}>
      <textarea className={css["text"]} rows={6} value={draft} aria-label={t.compose.body} onChange={(event) => setDraft(event.target.value)} />
      <div className={css["buttons"]}>
        <Button look="primary" disabled={!draft.trim()} onClick={save}>
          {t.message.edit}
        </Button>
        <Button look="quiet" onClick={onDone}>
          {t.app.close}
        </Button>
      </div>
    </div>
  );
}
