/** What was said with one partner, the newest at the foot, and a place to go on. */
import { useEffect, useLayoutEffect, useRef, useState, type ReactElement, type ReactNode } from "react";
import { Link } from "wouter";

import { useDesk } from "@/actions/DoingContext";
import { useScene } from "@/actions/scene";
import { bare } from "@/lib/names";
import { day, moment } from "@/lib/time";
import { Composer } from "@/mail/Composer";
import { KeptRow } from "@/mail/Kept";
import { MessageView } from "@/mail/MessageView";
import { useShown } from "@/mail/useShown";
import { WithContext } from "@/mail/WithContext";
import { talkMessages } from "@/store/selectors";
import type { State } from "@/store/state";
import { useThrum } from "@/store/store";
import { t } from "@/text/en";
import { Empty } from "@/ui/Blank";
import { Button } from "@/ui/Button";
import { Head, HeadEnd } from "@/ui/Layout";
import { Name } from "@/ui/Name";
import ui from "@/ui/ui.module.css";
import { useNow } from "@/ui/useNow";

import css from "./talk.module.css";

const FIRST = 40;

interface SaidProps {
  readonly name: string;
  readonly isGroup: boolean;
  /** It stands beside the view, and keys do not act upon it. */
  readonly isAside?: boolean;
}

/** The agents of a talk: its partner, or whoever wrote in the group lately. */
function namesIn(name: string, isGroup: boolean, ids: readonly string[], messages: State["messages"]): readonly string[] {
  return isGroup ? [...new Set(ids.map((id) => messages.get(id)?.agent_id ?? ""))] : [name];
}

export function Said({ name, isGroup, isAside = false }: SaidProps): ReactElement {
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
  /** The last message that was there when one left the foot. */
  const [left, leave] = useState<string | null>(null);
  const visibleIds = ids.slice(-shown);
  useShown(() => visibleIds);
  const kept = outbox.filter((each) => (name === "everyone" ? each.params.to === name : each.params.mentions?.includes(name)));
  const last = visibleIds.at(-1);
  const fresh = left === null ? 0 : ids.length - 1 - ids.indexOf(left);
  const toFoot = (): void => {
    isAtFoot.current = true;
    leave(null);
    scroller.current?.scrollTo({ top: scroller.current.scrollHeight });
  };
  useScene(isAside ? {} : { messageId: last ?? null, shown: ids }, `${last ?? ""} ${ids.length}`);

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
  const draw = (button: ReactNode): ReactElement => (
    <>
      {isAside ? null : <Head title={name === "everyone" ? t.talk.everyone : <Link href={isGroup ? `/groups/${encodeURIComponent(name)}` : `/agents/${encodeURIComponent(name)}`} className={css["title"]}><Name id={name} /></Link>}><HeadEnd>{button}</HeadEnd></Head>}
      <div className={css["said-frame"]}>
      {fresh > 0 ? (
        <button type="button" className={ui["pill"]} data-foot onClick={toFoot}>
          {t.inbox.newMail(fresh, bare(messages.get(ids.at(-1) ?? "")?.agent_id ?? ""))}
        </button>
      ) : null}
      <div
        ref={scroller}
        className={css["said"]}
        onScroll={(event) => {
          const { scrollHeight, scrollTop, clientHeight } = event.currentTarget;
          // Only who scrolls up leaves the foot: it also runs away by itself, when texts grow.
          if (scrollHeight - scrollTop - clientHeight < 48) {
            isAtFoot.current = true;
            leave(null);
          } else if (scrollTop < lastTop.current) {
            isAtFoot.current = false;
            leave((before) => before ?? last ?? null);
          }
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
                <MessageView id={id} isAside={isAside} />
              </div>
            );
          })}
          {kept.map((each) => (
            <KeptRow key={each.key} kept={each} />
          ))}
        </div>
      </div>
      </div>
      <div className={css["write"]}>
        <Composer draftKey={`${isAside ? "beside " : ""}talk ${isGroup ? "group" : "with"} ${name}`} to={[name]} isFixed label={t.compose.title} />
      </div>
    </>
  );
  return isAside ? draw(null) : <WithContext names={namesIn(name, isGroup, visibleIds, messages)}>{draw}</WithContext>;
}
