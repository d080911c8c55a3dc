/** Whom a message is for, in one line. */
import type { ReactElement } from "react";

import { bare } from "@/lib/names";
import { audienceOf, type Message } from "@/store/entities";
import { useThrum } from "@/store/store";
import { t } from "@/text/en";
import { Name } from "@/ui/Name";

import css from "./mail.module.css";

const SHOWN = 3;

export function AudienceLine({ message }: { readonly message: Message }): ReactElement {
  const me = useThrum((state) => state.me?.id ?? "");
  const audience = audienceOf(message);
  const names = [...audience.groups, ...audience.roles, ...audience.agents];
  return (
    <span className={css["audience"]}>
      {t.message.to}{" "}
      {audience.everyone ? t.message.everyone : null}
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
