/** Some of the messages, those that came last first, with how far each came. Looking marks nothing as read. */
import { useState, type ReactElement } from "react";

import { useDesk } from "@/actions/DoingContext";
import { useAsked } from "@/actions/useAsked";
import type { Params } from "@/rpc/client";
import { useThrum } from "@/store/store";
import { t } from "@/text/en";
import { Failure, Skeleton } from "@/ui/Blank";
import { Button } from "@/ui/Button";

import { Delivery } from "./Delivery";
import { MessageRow } from "./MessageRow";
import css from "./PagedMail.module.css";
import { useShown } from "./useShown";

const PAGE = 20;

interface PagedMailProps {
  readonly which: Params<"message.page">;
  /** With whom it is told how far they came; with all whom they are for, where nobody is named. */
  readonly reached?: string;
  readonly hasAudience?: boolean;
}

export function PagedMail({ which, reached, hasAudience = false }: PagedMailProps): ReactElement {
  const desk = useDesk();
  const newest = useThrum((state) => state.order[0] ?? "");
  const [limit, setLimit] = useState(PAGE);
  const [asked, again] = useAsked(`${JSON.stringify(which)} ${newest} ${limit}`, () => desk.looking.page({ ...which, limit }));
  // What was there stays while it is asked for anew.
  const [shown, setShown] = useState<{ readonly ids: readonly string[]; readonly hasOlder: boolean } | null>(null);
  useShown(() => shown?.ids ?? []);
  if (asked.state === "there" && asked.value !== shown) setShown(asked.value);
  if (asked.state === "failed") return <Failure error={asked.error} onRetry={again} />;
  if (!shown) return <Skeleton rows={3} height={58} />;
  return (
    <>
      {shown.ids.length === 0 ? <p className={css["none"]}>{t.talk.none}</p> : null}
      {shown.ids.map((id) => (
        <Row key={id} id={id} reached={reached} hasAudience={hasAudience} />
      ))}
      {shown.hasOlder ? (
        <p className={css["older"]}>
          <Button look="quiet" onClick={() => setLimit(limit + PAGE)}>
            {t.inbox.older}
          </Button>
        </p>
      ) : null}
    </>
  );
}

interface RowProps {
  readonly id: string;
  readonly reached: string | undefined;
  readonly hasAudience: boolean;
}

function Row({ id, reached, hasAudience }: RowProps): ReactElement {
  const recipients = useThrum((state) => state.messages.get(id)?.recipients) ?? [];
  return (
    <div className={css["row"]}>
      <MessageRow id={id} href={`/feed?m=${id}`} isChosen={false} hasAudience={hasAudience} lines={1} />
      <Delivery recipients={reached === undefined ? recipients : recipients.filter((each) => each.agent_id === reached)} />
    </div>
  );
}
