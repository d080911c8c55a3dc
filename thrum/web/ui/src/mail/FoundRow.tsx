/** Something that was found: who, what kind, when, and the words that were looked for where they stand. */
import { memo, type ReactElement } from "react";
import { Link } from "wouter";

import type { Result } from "@/rpc/client";
import { bare } from "@/lib/names";
import { isUnread } from "@/store/selectors";
import { useThrum } from "@/store/store";
import { t } from "@/text/en";
import { Ago } from "@/ui/Ago";
import { Name } from "@/ui/Name";

import { Doubt } from "./Doubt";
import css from "./mail.module.css";
import { pieces } from "./pieces";

export type Found = Result<"message.search">["results"][number];

interface FoundRowProps {
  readonly found: Found;
  readonly href: string;
  readonly isChosen: boolean;
}

const SHOWN = 3;

export const FoundRow = memo(function FoundRow({ found, href, isChosen }: FoundRowProps): ReactElement {
  const { kind, id, agent_id, created_at, to, snippet } = found;
  // What the page knows of a message is newer than the answer.
  const message = useThrum((state) => (kind === "message" ? state.messages.get(id) : undefined));
  const isNew = useThrum((state) => (message ? isUnread(state, message) : found.unread === true));
  return (
    <Link href={href} className={css["row"]} data-row-focus data-chosen={isChosen || undefined} data-unread={isNew || undefined}>
      <span className={css["row-head"]}>
        <span className={css["row-who"]}>
          {isNew ? <span className={css["dot"]} role="img" aria-label={t.message.unread} /> : null}
          <Name id={agent_id} />{" "}
          {to && to.length > 0 ? <To names={to} /> : null}
          {kind === "message" ? null : <span className={css["kind"]}>{t.search.kinds[kind] ?? kind}</span>}
        </span>
        <Doubt of={found} />
        <Ago at={created_at} />
      </span>
      <span className={css["row-text"]} dir="auto" style={{ WebkitLineClamp: 3 }}>
        {message?.deleted ? (
          <em>{t.message.takenBack}</em>
        ) : (
          pieces(snippet).map(({ text, mark }, index) => (mark ? <mark key={index}>{text}</mark> : text))
        )}
      </span>
    </Link>
  );
});

function To({ names }: { readonly names: readonly string[] }): ReactElement {
  const me = useThrum((state) => state.me?.id ?? "");
  return (
    <span className={css["audience"]}>
      {t.message.to}{" "}
      {names.slice(0, SHOWN).map((name, index) => (
        <span key={name}>
          {index > 0 ? ", " : ""}
          {bare(name) === bare(me) ? t.message.you : <Name id={name} />}
        </span>
      ))}
      {names.length > SHOWN ? <span title={names.map(bare).join(", ")}> +{names.length - SHOWN}</span> : null}
    </span>
  );
}
