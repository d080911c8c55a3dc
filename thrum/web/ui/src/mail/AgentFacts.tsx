/** An agent in a few lines, beside what is said with it: how it stands, on what it works. */
import type { ReactElement } from "react";

import { visible } from "@/lib/bidi";
import { bare } from "@/lib/names";
import { conditionOf } from "@/store/selectors";
import { useThrum } from "@/store/store";
import { t } from "@/text/en";
import { Ago } from "@/ui/Ago";
import { Condition } from "@/ui/Condition";
import { Evidence } from "@/ui/Evidence";
import { Facts } from "@/ui/Layout";

import css from "./mail.module.css";

export function AgentFacts({ id }: { readonly id: string }): ReactElement | null {
  const member = useThrum((state) => state.members.get(id));
  if (!member) return null;
  const work = member.intent || member.current_task;
  const clashes = [...new Set((member.clashes ?? []).flatMap((clash) => clash.agents.map(bare)))];
  return (
    <div className={css["agent-facts"]}>
      <p className={css["agent-state"]}>
        <Condition kind={conditionOf(member)} /> <Evidence member={member} />
      </p>
      <p dir="auto">{work ? visible(work) : t.now.noWork}</p>
      <Facts
        facts={[
          [t.agents.branch, member.branch ? <bdi className={css["branch"]}>{visible(member.branch)}</bdi> : ""],
          [t.agents.files, member.file_count ? `${member.file_count}${clashes.length > 0 ? `, ${t.now.shared(clashes.join(", "))}` : ""}` : ""],
          [t.agents.inbox, member.total ? t.agents.unreadOf(member.unread ?? 0, member.total) : ""],
          [t.now.held, member.unread && member.held ? <>{t.delivery.held[member.held] ?? member.held} <Ago at={member.held_since} /></> : ""],
        ]}
      />
    </div>
  );
}
