/** The mail of an agent, and how far each message came. Looking marks nothing as read. */
import { useState, type ReactElement } from "react";

import { PagedMail } from "@/mail/PagedMail";
import { t } from "@/text/en";
import { Button } from "@/ui/Button";
import { Section } from "@/ui/Layout";

import css from "./agents.module.css";

interface MailProps {
  readonly id: string;
  readonly unread: number;
  readonly total: number;
}

export function Mail({ id, unread, total }: MailProps): ReactElement {
  const [tab, setTab] = useState<"inbox" | "wrote">("inbox");
  return (
    <Section title={t.agents.mail}>
      <div className={css["tabs"]}>
        <Button look={tab === "inbox" ? "plain" : "quiet"} aria-pressed={tab === "inbox"} onClick={() => setTab("inbox")}>
          {t.agents.inbox}
        </Button>
        <Button look={tab === "wrote" ? "plain" : "quiet"} aria-pressed={tab === "wrote"} onClick={() => setTab("wrote")}>
          {t.agents.wrote}
        </Button>
        <span className={css["soft"]}>
          {total > 0 ? `${t.agents.unreadOf(unread, total)}. ` : ""}
          {t.agents.readsNothing}
        </span>
      </div>
      {tab === "inbox" ? <PagedMail key={tab} which={{ inbox: true, of: id }} reached={id} hasAudience /> : <PagedMail key={tab} which={{ author_id: id }} hasAudience />}
    </Section>
  );
}
