/** A thread to read, the oldest first, and a place to answer. */
import { useEffect, useMemo, type ReactElement, type ReactNode } from "react";

import { useDesk } from "@/actions/DoingContext";
import { useScene } from "@/actions/scene";
import { useAsked } from "@/actions/useAsked";
import { audienceOf, type Message } from "@/store/entities";
import { threadOfMessage } from "@/store/selectors";
import { useThrum } from "@/store/store";
import { t } from "@/text/en";
import { Failure, Skeleton } from "@/ui/Blank";

import { Composer } from "./Composer";
import css from "./mail.module.css";
import { MessageView } from "./MessageView";
import { useShown } from "./useShown";
import { WithContext } from "./WithContext";

interface ThreadProps {
  readonly id: string;
  readonly marksRead?: boolean;
  readonly canReply?: boolean;
  /** It stands beside the view, and keys do not act upon it. */
  readonly isAside?: boolean;
}

/** Whoever wrote in it, and whom it was for. */
function namesIn(thread: readonly Message[]): readonly string[] {
  return [...new Set(thread.flatMap((each) => [each.agent_id, ...audienceOf(each).agents]))];
}

export function Thread({ id, marksRead = true, canReply = true, isAside = false }: ThreadProps): ReactElement {
  const desk = useDesk();
  const messages = useThrum((state) => state.messages);
  const link = useThrum((state) => state.link);
  const thread = useMemo(() => threadOfMessage(messages, id), [messages, id]);
  const [asked, again] = useAsked(id, () => desk.looking.thread(id));
  useShown(() => [id, ...thread.map((each) => each.message_id)]);
  useScene(isAside ? {} : { messageId: id }, id);
  useEffect(() => {
    if (link === "open") again();
  }, [link, again]);
  const last = thread.at(-1);
  if (!messages.has(id)) {
    return asked.state === "failed" ? <Failure error={asked.error} onRetry={again} /> : <Skeleton rows={2} height={120} />;
  }
  const shown = (button: ReactNode): ReactElement => (
    <div className={css["thread"]}>
      <div className={css["thread-head"]}>
        <span>{t.message.thread(thread.length)}</span>
        {button}
      </div>
      <div className={css["thread-messages"]}>
        {thread.map((each) => (
          <MessageView key={each.message_id} id={each.message_id} isOpened={each.message_id === id} marksRead={marksRead} isAside={isAside} />
        ))}
      </div>
      {canReply && last ? (
        <div className={css["thread-reply"]}>
          <Composer key={id} draftKey={`${isAside ? "beside " : ""}reply ${id}`} parent={messages.get(id) ?? last} label={t.compose.reply} />
        </div>
      ) : null}
    </div>
  );
  return isAside ? shown(null) : <WithContext names={namesIn(thread)}>{shown}</WithContext>;
}
