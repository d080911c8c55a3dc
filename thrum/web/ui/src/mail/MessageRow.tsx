/** A message in a list: who, what, then when. */
import { memo, type ReactElement } from "react";
import { Link } from "wouter";

import { visible } from "@/lib/bidi";
import { isUnread } from "@/store/selectors";
import { useThrum } from "@/store/store";
import { t } from "@/text/en";
import { Ago } from "@/ui/Ago";
import { Name } from "@/ui/Name";

import { AudienceLine } from "./Audience";
import { Doubt } from "./Doubt";
import css from "./mail.module.css";

interface MessageRowProps {
  readonly id: string;
  readonly href: string;
  readonly isChosen: boolean;
  readonly hasAudience?: boolean;
  readonly lines?: 1 | 2 | 3;
}

/** A fence around code with its language, and the rule below the head of a table. */
const LINES = /^[ \t>]*(?:`{3,}|~{3,})[^`\n]*$|^[ \t>]*\|?[ \t]*:?-+:?[ \t]*(?:\|[ \t]*:?-*:?[ \t]*)+$/gm;
/** A row of a table. */
const ROWS = /^[ \t>]*\|(.*?)\|?[ \t]*$/gm;
const MARKS = /^#+\s+|[*`]{1,3}|^\s*[-*]\s+(\[[ xX]\]\s+)?|^>\s?/gm;

/** The beginning of a text in one line, without the marks of Markdown. */
export function gist(text: string): string {
  const lines = text.slice(0, 600).replace(LINES, "");
  const rows = lines.replace(ROWS, (_, cells: string) => cells.split("|").map((cell) => cell.trim()).filter(Boolean).join(", "));
  const plain = rows.replace(MARKS, "");
  return visible(plain.replace(/\s+/g, " ").trim());
}

/** Drawn anew when it changes, not when the list scrolls. */
export const MessageRow = memo(function MessageRow({ id, href, isChosen, hasAudience = false, lines = 2 }: MessageRowProps): ReactElement | null {
  const message = useThrum((state) => state.messages.get(id));
  const isNew = useThrum((state) => message !== undefined && isUnread(state, message));
  if (!message) return null;
  return (
    <Link href={href} className={css["row"]} data-row-focus data-chosen={isChosen || undefined} data-unread={isNew || undefined}>
      <span className={css["row-head"]}>
        <span className={css["row-who"]}>
          {isNew ? <span className={css["dot"]} role="img" aria-label={t.message.unread} /> : null}
          <Name id={message.agent_id} />{" "}
          {hasAudience ? <AudienceLine message={message} /> : null}
        </span>
        <Doubt of={message} />
        <Ago at={message.created_at} />
      </span>
      <span className={css["row-text"]} dir="auto" style={{ WebkitLineClamp: lines }}>
        {message.deleted ? <em>{t.message.takenBack}</em> : gist(message.body.content)}
      </span>
    </Link>
  );
});
