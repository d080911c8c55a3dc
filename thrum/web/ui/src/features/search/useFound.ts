/** What the daemon finds for what one types: asked once one stops, and shown until the next answer is there. */
import { useCallback, useEffect, useRef, useState } from "react";

import { useDesk } from "@/actions/DoingContext";
import type { Found } from "@/mail/FoundRow";
import type { Result } from "@/rpc/client";
import type { Desk } from "@/store/Desk";
import { useThrum } from "@/store/store";
import { t } from "@/text/en";

const TYPING_MS = 150;
const PAGE = 30;

export type Sort = "relevance" | "new";

export interface Answer {
  /** What was typed, in which order. */
  readonly key: string;
  /** What was asked: that, or its last word as a beginning. */
  readonly asked: string;
  readonly results: readonly Found[];
  readonly total: number;
  /** Whether there are at least as many, and nobody counted on. */
  readonly isBound: boolean;
  /** What the daemon has to say of the question. */
  readonly notice: string;
  /** Where the next page begins; empty after the last one. */
  readonly next: string;
}

export interface Finding {
  /** The last answer, be it to what was typed before. */
  readonly answer: Answer | null;
  /** Whether the answer is to what stands there now. */
  readonly isCurrent: boolean;
  readonly error: unknown;
  readonly more: () => void;
  readonly again: () => void;
}

function answerOf(key: string, asked: string, told: Result<"message.search">): Answer {
  const { results, total, total_is_bound, notice, next_cursor } = told;
  return { key, asked, results, total, isBound: total_is_bound ?? false, notice: notice ?? "", next: next_cursor ?? "" };
}

export function idOf({ kind, id }: Found): string {
  return kind === "message" ? id : `${kind} ${id}`;
}

/** Both pages together, each thing once: what came meanwhile moves what was there. */
function joined(answer: Answer, page: Answer): Answer {
  const known = new Set(answer.results.map(idOf));
  return { ...page, notice: answer.notice, results: [...answer.results, ...page.results.filter((each) => !known.has(idOf(each)))] };
}

/** A filter that was begun; what is found without it stays until there is more of it. */
const BEGUN = /(?:^|\s)-?(?:from|to|group|role|thread|before|after|has|in):$/i;

/** A word at the end that may be half of one; a filter, a phrase and what is left out are none. */
const HALF = /(?:^|\s)(?!(?:OR|AND|NOT)$)([^\s"*:()-][^\s"*:()]*[\p{L}\p{N}])$/u;

/** The word at the end that may be half of one, or nothing. */
export function halfOf(query: string): string {
  const isQuoted = query.split('"').length % 2 === 0;
  return isQuoted ? "" : (HALF.exec(query)?.[1] ?? "");
}

/** What is found; of a word at the end that is nowhere so, what begins with it: one is about to type the rest. */
async function ask(desk: Desk, key: string, query: string, sort: Sort): Promise<Answer> {
  const whole = answerOf(key, query, await desk.call("message.search", { query, sort, limit: PAGE }));
  const half = whole.total === 0 ? halfOf(query) : "";
  if (!half) return whole;
  const asked = `${query}*`;
  const begun = answerOf(key, asked, await desk.call("message.search", { query: asked, sort, limit: PAGE }));
  return begun.total === 0 ? whole : { ...begun, notice: [whole.notice, t.search.half(half)].filter(Boolean).join("; ") };
}

/** What is asked for by what stands in the field. */
export function questionOf(text: string): string {
  return text.trim().replace(BEGUN, "").trim();
}

export function useFound(text: string, sort: Sort): Finding {
  const desk = useDesk();
  const query = questionOf(text);
  const key = `${sort} ${query}`;
  const isOpen = useThrum((state) => state.link === "open" && state.me !== null);
  const [answer, setAnswer] = useState<Answer | null>(null);
  const [failed, setFailed] = useState<{ readonly key: string; readonly error: unknown } | null>(null);
  const [round, setRound] = useState(0);
  const walking = useRef("");

  useEffect(() => {
    if (!query || !isOpen) return undefined;
    let isCurrent = true;
    const timer = setTimeout(() => {
      ask(desk, key, query, sort).then(
        (told) => {
          if (!isCurrent) return;
          walking.current = ""; // pages of several answers may begin at the same place
          setAnswer(told);
          setFailed(null);
        },
        (error: unknown) => {
          if (isCurrent) setFailed({ key, error });
        },
      );
    }, TYPING_MS);
    return () => {
      isCurrent = false;
      clearTimeout(timer);
    };
  }, [desk, query, sort, key, isOpen, round]);

  const { next, asked } = answer?.key === key ? answer : { next: "", asked: "" };
  const more = useCallback(() => {
    if (!next || walking.current === next) return;
    walking.current = next;
    desk.call("message.search", { query: asked, sort, limit: PAGE, cursor: next }).then(
      (told) => setAnswer((now) => (now?.key === key && now.next === next ? joined(now, answerOf(key, asked, told)) : now)),
      (error: unknown) => {
        walking.current = "";
        setFailed({ key, error });
      },
    );
  }, [desk, asked, sort, key, next]);
  const again = useCallback(() => setRound((count) => count + 1), []);

  const isCurrent = answer?.key === key;
  return { answer: query ? answer : null, isCurrent, error: failed?.key === key ? failed.error : null, more, again };
}
