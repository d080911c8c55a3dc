/** Something that waits for this person, to be answered where it stands. */
import { useState, type ReactElement } from "react";
import { Link } from "wouter";
import { useStore } from "zustand";

import { useDesk } from "@/actions/DoingContext";
import { scene, show } from "@/actions/scene";
import { visible } from "@/lib/bidi";
import { Composer } from "@/mail/Composer";
import { Doubt } from "@/mail/Doubt";
import { gist } from "@/mail/MessageRow";
import { asRpcError } from "@/rpc/RpcError";
import type { Need } from "@/store/selectors";
import { useThrum } from "@/store/store";
import { t } from "@/text/en";
import { Ago } from "@/ui/Ago";
import { Button } from "@/ui/Button";
import { Name } from "@/ui/Name";
import { RowMore } from "@/ui/RowMore";

import css from "./now.module.css";

export function NeedRow({ need }: { readonly need: Need }): ReactElement {
  const [isAnswering, setAnswering] = useState(false);
  const desk = useDesk();
  const message = useThrum((state) => (need.messageId ? state.messages.get(need.messageId) : undefined));
  const tool = useThrum((state) => (need.what === "waiting" ? (state.members.get(need.from)?.tool ?? "") : ""));
  const kept = useThrum((state) => state.outbox.find((each) => need.key === `failed ${each.key}`));
  const isSelected = useStore(scene, (state) => state.selected.some((each) => each.id === (need.messageId ?? need.from)));
  const href = need.messageId ? `/inbox/all?m=${need.messageId}` : `/agents/${encodeURIComponent(need.from)}`;
  const permit = (allow: boolean): void => {
    const id = need.prompt?.id ?? "";
    // Whoever presses again because nothing came back is told what was answered the first time.
    desk.call("prompt.answer", { id, allow, client_id: `${id} ${allow ? "allow" : "deny"}` }).catch((thrown: unknown) => desk.toast(asRpcError(thrown).message));
  };
  const body = (
    <>
      <span className={css["need-head"]}>
        {need.from ? <Name id={need.from} /> : null} {t.now.need[need.what]} {tool ? t.now.forTool(visible(tool)) : ""} · <Ago at={need.since} /> <Doubt of={message} />
      </span>
      <span className={css["need-text"]} dir="auto">
        {need.prompt ? visible(need.text) : gist(need.text) || t.now.noWork}
      </span>
      {kept?.reason ? <span className={css["reason"]}>{kept.reason}</span> : null}
    </>
  );
  return (
    <li className={css["need"]} data-row data-selected={isSelected || undefined}>
      {kept ? (
        <div className={css["need-link"]}>{body}</div>
      ) : (
        <Link href={href} className={css["need-link"]} data-row-focus>
          {body}
        </Link>
      )}
      <span className={css["need-actions"]}>
        {message ? (
          <>
            <Button onClick={() => setAnswering(!isAnswering)} aria-expanded={isAnswering} icon="reply">
              {t.now.reply}
            </Button>
            <Button look="quiet" icon="check" isSmall onClick={() => desk.markRead([message.message_id], true)}>
              {t.now.read}
            </Button>
          </>
        ) : kept ? (
          <>
            <Button onClick={() => void desk.retry(kept.key)}>{t.compose.retry}</Button>
            <Button look="quiet" onClick={() => void desk.discard(kept.key)}>
              {t.compose.discard}
            </Button>
          </>
        ) : need.prompt ? (
          <>
            <Button onClick={() => permit(true)}>{t.now.allow}</Button>
            {need.prompt.can_deny === false ? null : (
              <Button look="quiet" onClick={() => permit(false)}>
                {t.now.refuse}
              </Button>
            )}
          </>
        ) : (
          <Button onClick={() => show({ kind: "compose", to: [need.from] })}>{t.now.ask}</Button>
        )}
        {kept ? null : <RowMore isSelected={isSelected} />}
      </span>
      {isAnswering && message ? (
        <div className={css["need-answer"]}>
          <Composer draftKey={`reply ${message.message_id}`} parent={message} label={t.compose.reply} isFocused onSent={() => {
            setAnswering(false);
            desk.markRead([message.message_id]);
          }} />
        </div>
      ) : null}
    </li>
  );
}
