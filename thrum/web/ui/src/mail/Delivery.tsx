/** How far one's own message has come with each of those it is for. */
import type { ReactElement } from "react";

import type { Recipient } from "@/store/entities";
import { t } from "@/text/en";
import { Ago } from "@/ui/Ago";
import { Name } from "@/ui/Name";

import css from "./mail.module.css";

export function stepOf(recipient: Recipient): { readonly word: string; readonly at: string } {
  if (recipient.read_at) return { word: t.delivery.read, at: recipient.read_at };
  if (recipient.held) {
    return { word: t.delivery.held[recipient.held] ?? recipient.held, at: recipient.held_since ?? "" };
  }
  if (recipient.seen_at) return { word: t.delivery.offered, at: recipient.seen_at };
  return { word: t.delivery.stored, at: recipient.delivered_at ?? "" };
}

const SHOWN = 12;

export function Delivery({ recipients }: { readonly recipients: readonly Recipient[] }): ReactElement | null {
  if (recipients.length === 0) return null;
  return (
    <ul className={css["delivery"]} aria-label={t.message.delivery}>
      {recipients.slice(0, SHOWN).map((each) => {
        const { word, at } = stepOf(each);
        return (
          <li key={each.agent_id}>
            <Name id={each.agent_id} /> {word} <Ago at={at} />
          </li>
        );
      })}
      {recipients.length > SHOWN ? <li>+{recipients.length - SHOWN}</li> : null}
    </ul>
  );
}
