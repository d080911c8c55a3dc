/** Finds messages; what is looked for stands in the address. */
import { useEffect, useMemo, useState, type ReactElement } from "react";
import { useSearchParams } from "wouter";

import { useDesk } from "@/actions/DoingContext";
import { useScene, type ListHandle } from "@/actions/scene";
import { MessageRow } from "@/mail/MessageRow";
import { Thread } from "@/mail/Thread";
import { useShown } from "@/mail/useShown";
import { useThrum } from "@/store/store";
import { t } from "@/text/en";
import { Empty } from "@/ui/Blank";
import { Button } from "@/ui/Button";
import { Head, Split } from "@/ui/Layout";
import { List } from "@/ui/List";
import ui from "@/ui/ui.module.css";

import { asked, fits, isEmpty, parse } from "./query";
import css from "./search.module.css";

const TYPING_MS = 300;

export function Search(): ReactElement {
  const desk = useDesk();
  const [params, setParams] = useSearchParams();
  const text = params.get("q") ?? "";
  const opened = params.get("m");
  const query = useMemo(() => parse(text), [text]);
  const order = useThrum((state) => state.order);
  const messages = useThrum((state) => state.messages);
  const me = useThrum((state) => state.me?.id ?? "");
  const isMore = useThrum((state) => state.hasOlder.all);
  const [handle, setHandle] = useState<ListHandle | null>(null);
  useScene({ list: handle, messageId: opened }, `${opened ?? ""} ${handle ? "" : "no"}`);
  const none = isEmpty(query);
  const ids = useMemo(
    () =>
      none
        ? []
        : order.filter((id) => {
            const message = messages.get(id);
            return message !== undefined && fits(message, query);
          }),
    [none, order, messages, query],
  );
  useShown(() => ids);
  useEffect(() => {
    if (none) return undefined;
    const timer = setTimeout(() => {
      desk.looking.list(asked(query, me)).catch(() => undefined); // what is here is found all the same
    }, TYPING_MS);
    return () => clearTimeout(timer);
  }, [desk, none, query, me]);
  const link = (id: string): string => `/search?${new URLSearchParams({ q: text, m: id }).toString()}`;

  const list = (
    <>
      <Head title={t.views.search} />
      <div className={css["field"]}>
        <input
          type="search"
          className={ui["field"]}
          aria-label={t.views.search}
          placeholder={t.search.field}
          value={text}
          // One comes here to type.
          // eslint-disable-next-line jsx-a11y/no-autofocus
          autoFocus={!opened}
          onChange={(event) => setParams(event.target.value ? { q: event.target.value } : {}, { replace: true })}
        />
        <p className={css["soft"]} role="status">
          {none ? t.search.hint : ids.length > 0 ? t.search.found(ids.length, order.length) : t.search.none}
        </p>
        {!none && isMore ? (
          <Button look="quiet" onClick={() => void desk.looking.older("all")}>
            {t.search.more}
          </Button>
        ) : null}
      </div>
      {ids.length > 0 ? (
        <List key={text} label={t.views.search} ids={ids} estimate={86} chosen={opened} onHandle={setHandle}>
          {(id, isChosen) => <MessageRow id={id} href={link(id)} isChosen={isChosen} hasAudience />}
        </List>
      ) : null}
    </>
  );
  return <Split isOpen={opened !== null} list={list} detail={opened ? <Thread key={opened} id={opened} marksRead={false} /> : <Empty title={ids.length > 0 ? t.inbox.choose : t.search.start} />} />;
}
