/** An agent at a glance: how it stands, on what it works, what waits for it. */
import type { ReactElement } from "react";
import { Link } from "wouter";
import { useStore } from "zustand";

import { scene } from "@/actions/scene";
import { bare } from "@/lib/names";
import { visible } from "@/lib/bidi";
import { gist } from "@/mail/MessageRow";
import type { Member } from "@/store/entities";
import { conditionOf } from "@/store/selectors";
import { useThrum } from "@/store/store";
import { t } from "@/text/en";
import { Ago } from "@/ui/Ago";
import { Condition } from "@/ui/Condition";
import { Evidence } from "@/ui/Evidence";
import { InTmux } from "@/ui/InTmux";
import { Icon } from "@/ui/Icon";
import { Name } from "@/ui/Name";
import { RowMore } from "@/ui/RowMore";
import { Count } from "@/ui/Tabs";

import css from "./now.module.css";

interface AgentRowProps {
  readonly member: Member;
  readonly isDense: boolean;
  /** What the counts above the rows lead to. */
  readonly anchor?: string | undefined;
}

export function AgentRow({ member, isDense, anchor }: AgentRowProps): ReactElement {
  const id = member.agent_id;
  const isPinned = useThrum((state) => state.pinned.has(id));
  const isSelected = useStore(scene, (state) => state.selected.some((each) => each.id === id));
  const files = member.file_count ?? 0;
  const clashes = member.clashes ?? [];
  const clash =
    clashes.length > 0 ? (
      <span className={css["clash"]} title={clashes.map((each) => each.file).join("\n")}>
        ⚠ {t.now.shared([...new Set(clashes.flatMap((each) => each.agents.map(bare)))].join(", "))}
      </span>
    ) : null;
  const work = member.intent || member.current_task;
  return (
    <li className={css["agent"]} id={anchor} data-row data-selected={isSelected || undefined}>
      <Link href={`/agents/${encodeURIComponent(id)}`} className={css["agent-link"]} data-row-focus>
        <span className={css["agent-who"]}>
          {isPinned ? <Icon name="pin" size={13} /> : null}
          <Name id={id} />
          <span className={css["role"]}>{member.role}</span>
        </span>
        <span className={css["agent-state"]}>
          <Condition kind={conditionOf(member)} />
          <Evidence member={member} />
        </span>
        <span className={css["agent-work"]} dir="auto">
          {work ? visible(work) : <span className={css["soft"]}>{t.now.noWork}</span>}
        </span>
        <span className={css["agent-place"]}>
          {isDense ? clash : null /* what is cut off at the end should not be this */}
          {member.branch ? <bdi className={css["branch"]}>{visible(member.branch)}</bdi> : null}
          {files > 0 ? <span>{t.now.files(files)}</span> : null}
          {isDense ? null : clash}
          <InTmux member={member} />
          {member.unread ? <span>{t.now.mailWaiting(member.unread)}</span> : null}
          {member.unread && member.held ? (
            <span>
              {t.delivery.held[member.held] ?? member.held} <Ago at={member.held_since} />
            </span>
          ) : null}
        </span>
        {isDense ? null : <LastWord member={member} />}
      </Link>
      <span className={css["agent-menu"]}>
        <UnreadFrom id={id} />
        <RowMore isSelected={isSelected} />
      </span>
    </li>
  );
}

function LastWord({ member }: { readonly member: Member }): ReactElement | null {
  const word = member.word;
  if (!word) return null;
  return (
    <span className={css["last-word"]} dir="auto">
      “{gist(word.preview)}” <Ago at={word.created_at} />
    </span>
  );
}

function UnreadFrom({ id }: { readonly id: string }): ReactElement | null {
  const count = useThrum((state) => state.counts.partners[id] ?? 0);
  return <Count of={count} isStrong label={t.now.unread(count)} />;
}

