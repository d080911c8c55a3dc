/** Finds messages, contexts and snapshots; what is looked for stands in the address. */
import { useCallback, useMemo, useRef, useState, type KeyboardEvent, type ReactElement } from "react";
import { useSearchParams } from "wouter";

import { useDesk } from "@/actions/DoingContext";
import { useScene, type ListHandle } from "@/actions/scene";
import { FoundRow, type Found } from "@/mail/FoundRow";
import { Thread } from "@/mail/Thread";
import { useShown } from "@/mail/useShown";
import { asRpcError } from "@/rpc/RpcError";
import { useThrum } from "@/store/store";
import { t } from "@/text/en";
import { Empty, Failure, Skeleton } from "@/ui/Blank";
import { Button } from "@/ui/Button";
import { Choose } from "@/ui/Choose";
import { Head, HeadEnd, Split } from "@/ui/Layout";
import { List } from "@/ui/List";
import ui from "@/ui/ui.module.css";

import css from "./search.module.css";
import { Syntax } from "./Syntax";
import { idOf, questionOf, useFound, type Finding, type Sort } from "./useFound";

/** The address of the view with something in it. */
function address(parts: { readonly q: string; readonly sort: Sort; readonly m?: string }): Record<string, string> {
  return { ...(parts.q ? { q: parts.q } : {}), ...(parts.sort === "new" ? { sort: "new" } : {}), ...(parts.m ? { m: parts.m } : {}) };
}

/** Whether the keys are on the first of the results. */
function isOnFirst(): boolean {
  return document.activeElement?.closest("article")?.getAttribute("aria-posinset") === "1";
}

export function Search(): ReactElement {
  const [params, setParams] = useSearchParams();
  const text = params.get("q") ?? "";
  const sort: Sort = params.get("sort") === "new" ? "new" : "relevance";
  const opened = params.get("m");
  const found = useFound(text, sort);
  const field = useRef<HTMLInputElement>(null);
  // Each answer is a list of its own.
  const [{ list, round }, setList] = useState<{ readonly list: ListHandle | null; readonly round: number }>({ list: null, round: 0 });
  const take = useCallback((handle: ListHandle | null) => {
    const move = (by: 1 | -1): void => (by === -1 && isOnFirst() ? field.current?.focus() : handle?.move(by));
    setList((before) => ({ list: handle && { ...handle, move }, round: before.round + 1 }));
  }, []);
  useScene({ list, messageId: opened }, `${opened ?? ""} ${round}`);

  const type = (q: string): void => setParams(address({ q, sort }), { replace: true });
  const add = (piece: string): void => {
    type(`${text.trimEnd()} ${piece}`.trimStart());
    field.current?.focus();
  };
  const press = (event: KeyboardEvent): void => {
    if (event.nativeEvent.isComposing || (event.key !== "ArrowDown" && event.key !== "Enter")) return;
    event.preventDefault();
    list?.move(1);
  };
  const isNone = questionOf(text) === "";
  return (
    <Split
      isOpen={opened !== null}
      list={
        <>
          <Head title={t.views.search}>
            <HeadEnd>
              <Choose label={t.search.order} value={sort} options={Object.entries(t.search.orders)} onChoose={(value) => setParams(address({ q: text, sort: value === "new" ? "new" : "relevance" }), { replace: true })} />
            </HeadEnd>
          </Head>
          <div className={css["field"]}>
            <input
              ref={field}
              type="search"
              className={ui["field"]}
              aria-label={t.views.search}
              placeholder={t.search.field}
              value={text}
              maxLength={4_000}
              autoComplete="off"
              spellCheck={false}
              // One comes here to type.
              // eslint-disable-next-line jsx-a11y/no-autofocus
              autoFocus={!opened}
              onChange={(event) => type(event.target.value)}
              onKeyDown={press}
            />
            <p className={css["soft"]} role="status">
              {isNone ? t.search.hint : <Told finding={found} />}
            </p>
          </div>
          {isNone ? (
            <Syntax onPick={add} />
          ) : (
            <Results finding={found} text={text} sort={sort} opened={opened} onHandle={take} onPick={add} />
          )}
        </>
      }
      detail={opened ? <Thread key={opened} id={opened} marksRead={false} /> : <Empty title={found.answer?.results.length ? t.inbox.choose : t.search.start} />}
    />
  );
}

/** Whether there is nothing in it yet that can be looked for: whoever types goes on. */
function isUnfinished(error: unknown): boolean {
  return error !== null && asRpcError(error).kind === "invalid_params";
}

/** How many there are, and what the daemon has to say of the question. */
function Told({ finding: { answer, error } }: { readonly finding: Finding }): ReactElement {
  if (isUnfinished(error)) return <>{asRpcError(error).message}</>;
  if (!answer) return <></>;
  return (
    <>
      {answer.total > 0 ? t.search.found(answer.total, answer.isBound) : t.search.none}
      {answer.notice ? <span className={css["notice"]}>{answer.notice}</span> : null}
    </>
  );
}

interface ResultsProps {
  readonly finding: Finding;
  readonly text: string;
  readonly sort: Sort;
  readonly opened: string | null;
  readonly onHandle: (handle: ListHandle | null) => void;
  readonly onPick: (piece: string) => void;
}

function Results({ finding, text, sort, opened, onHandle, onPick }: ResultsProps): ReactElement {
  const desk = useDesk();
  const { answer, error, more, again } = finding;
  const isKnown = useThrum((state) => state.messages);
  const byId = useMemo(() => new Map((answer?.results ?? []).map((each) => [idOf(each), each])), [answer]);
  const ids = useMemo(() => [...byId.keys()], [byId]);
  useShown(() => ids);
  const activate = useCallback(
    (id: string) => {
      // What can be done with a row needs all of the message.
      if (byId.get(id)?.kind === "message" && !isKnown.has(id)) desk.looking.thread(id).catch(() => undefined); // opening it says why
    },
    [desk, byId, isKnown],
  );
  const href = (found: Found): string =>
    found.kind === "message" ? `/search?${new URLSearchParams(address({ q: text, sort, m: found.id })).toString()}` : `/agents/${encodeURIComponent(found.agent_id)}`;

  if (isUnfinished(error)) return <Syntax onPick={onPick} />;
  if (error && (!answer || !finding.isCurrent)) return <Failure error={error} onRetry={again} />;
  if (!answer) return <Skeleton rows={6} height={86} />;
  if (ids.length === 0) return <Syntax onPick={onPick} />;
  return (
    <List
      key={answer.key}
      label={t.search.results}
      ids={ids}
      estimate={86}
      chosen={opened}
      onHandle={onHandle}
      onActive={activate}
      onEnd={answer.next ? more : undefined}
      foot={error ? <Failure error={error} onRetry={more} /> : answer.next ? <Button onClick={more}>{t.search.more}</Button> : null}
    >
      {(id, isChosen) => {
        const found = byId.get(id);
        return found ? <FoundRow found={found} href={href(found)} isChosen={isChosen} /> : null;
      }}
    </List>
  );
}
