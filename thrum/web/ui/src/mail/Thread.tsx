/** A thread to read, the oldest first, and a place to answer. */
import { useEffect, useMemo, type ReactElement } from "react";

import { useDesk } from "@/actions/DoingContext";
import { useScene } from "@/actions/scene";
import { useAsked } from "@/actions/useAsked";
import { threadOfMessage } from "@/store/selectors";
import { useThrum } from "@/store/store";
import { t } from "@/text/en";
import { Failure, Skeleton } from "@/ui/Blank";

import { Composer } from "./Composer";
import css from "./mail.module.css";
import { MessageView } from "./MessageView";
import { useHeld } from "./useHeld";

export function Thread({ id, marksRead = true, canReply = true }: { readonly id: string; readonly marksRead?: boolean; readonly canReply?: boolean }): ReactElement {
  const desk = useDesk();
  const messages = useThrum((state) => state.messages);
  const link = useThrum((state) => state.link);
  const thread = useMemo(() => threadOfMessage(messages, id), [messages, id]);
  const [asked, again] = useAsked(id, () => desk.looking.thread(id));
  useHeld(() => [id, ...thread.map((each) => each.message_id)]);
  useScene({ messageId: id }, id);
  useEffect(() => {
    if (link === "open") again();
  }, [link, again]);
  const last = thread.at(-1);
  if (!messages.has(id)) {
    return asked.state === "failed" ? <Failure error={asked.error} onRetry={again} /> : <Skeleton rows={2} height={120} />;
  }
  return (
    <div className={css["thread"]}>
      <div className={css["thread-messages"]}>
        {thread.map((each) => (
          <MessageView key={each.message_id} id={each.message_id} isOpened={each.message_id === id} marksRead={marksRead} />
        ))}
      </div>
      {canReply && last ? (
        <div className={css["thread-reply"]}>
          <Composer key={id} draftKey={`reply ${id}`} parent={messages.get(id) ?? last} label={t.compose.reply} />
        </div>
      ) : null}
    </div>
  );
}
