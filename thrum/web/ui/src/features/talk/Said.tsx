/** What was said with one partner, the newest at the foot, and a place to go on. */
import { useEffect, useLayoutEffect, useRef, useState, type ReactElement } from "react";
import { Link } from "wouter";

import { useDesk } from "@/actions/DoingContext";
import { useScene } from "@/actions/scene";
import { day, moment } from "@/lib/time";
import { Composer } from "@/mail/Composer";
import { KeptRow } from "@/mail/Kept";
import { MessageView } from "@/mail/MessageView";
import { useHeld } from "@/mail/useHeld";
import { talkMessages } from "@/store/selectors";
import { useThrum } from "@/store/store";
import { t } from "@/text/en";
import { Empty } from "@/ui/Blank";
import { Button } from "@/ui/Button";
import { Head } from "@/ui/Layout";
import { Name } from "@/ui/Name";
import { useNow } from "@/ui/useNow";

import css from "./talk.module.css";

const FIRST = 40;

export function Said({ name, isGroup }: { readonly name: string; readonly isGroup: boolean }): ReactElement {
  const desk = useDesk();
  const me = useThrum((state) => state.me?.id ?? "");
  const ids = useThrum((state) => talkMessages(state.order, state.messages, me, name, isGroup));
  const outbox = useThrum((state) => state.outbox);
  const [isMore, setMore] = useState(false);
  const messages = useThrum((state) => state.messages);
  const [shown, setShown] = useState(FIRST);
  const now = useNow();
  const scroller = useRef<HTMLDivElement>(null);
  const isAtFoot = useRef(true);
  const lastTop = useRef(0);
  const visibleIds = ids.slice(-shown);
  useHeld(() => visibleIds);
  const kept = outbox.filter((each) => (name === "everyone" ? each.params.to === name : each.params.mentions?.includes(name)));
  const last = visibleIds.at(-1);
  useScene({ messageId: last ?? null, shown: ids }, `${last ?? ""} ${ids.length}`);

  useEffect(() => {
    desk.looking.talk(name, isGroup).then(setMore, () => undefined); // what is there already stays
  }, [desk, isGroup, name]);
  useLayoutEffect(() => {
    const element = scroller.current;
    if (element && isAtFoot.current) element.scrollTop = element.scrollHeight;
  }, [last, kept.length]);
  useEffect(() => {
    const element = scroller.current;
    if (!element) return undefined;
    // Texts are laid out a moment later, and grow: whoever reads at the foot stays there.
    const observer = new ResizeObserver(() => {
      if (isAtFoot.current) element.scrollTop = element.scrollHeight;
    });
    observer.observe(element);
    if (element.firstElementChild) observer.observe(element.firstElementChild);
    return () => observer.disconnect();
  }, []);

  const earlier = (): void => {
    setShown((count) => count + FIRST);
    if (shown + FIRST > ids.length && isMore) desk.looking.talk(name, isGroup, ids[0]).then(setMore, () => undefined);
  };
  return (
    <>
      <Head title={name === "everyone" ? t.talk.everyone : <Link href={isGroup ? `/groups/${encodeURIComponent(name)}` : `/agents/${encodeURIComponent(name)}`} className={css["title"]}><Name id={name} /></Link>} />
      <div
        ref={scroller}
        className={css["said"]}
        onScroll={(event) => {
          const { scrollHeight, scrollTop, clientHeight } = event.currentTarget;
          // Only who scrolls up leaves the foot: it also runs away by itself, when texts grow.
          if (scrollHeight - scrollTop - clientHeight < 48) isAtFoot.current = true;
          else if (scrollTop < lastTop.current) isAtFoot.current = false;
          lastTop.current = scrollTop;
        }}
      >
        <div>
          {shown < ids.length || isMore ? (
            <p className={css["earlier"]}>
              <Button look="quiet" onClick={earlier}>
                {t.talk.earlier}
              </Button>
            </p>
          ) : null}
          {visibleIds.length === 0 ? <Empty title={t.talk.none} /> : null}
          {visibleIds.map((id, index) => {
            const at = moment(messages.get(id)?.created_at);
            const before = moment(messages.get(visibleIds[index - 1] ?? "")?.created_at);
            const isNewDay = new Date(at).toDateString() !== new Date(before).toDateString();
            return (
              <div key={id}>
                {isNewDay ? <h2 className={css["day"]}>{day(at, now)}</h2> : null}
                <MessageView id={id} />
              </div>
            );
          })}
          {kept.map((each) => (
            <KeptRow key={each.key} kept={each} />
          ))}
        </div>
      </div>
      <div className={css["write"]}>
        <Composer draftKey={`talk ${isGroup ? "group" : "with"} ${name}`} to={[name]} isFixed label={t.compose.title} />
      </div>
    </>
  );
}
