/** An agent at a glance: how it stands, on what it works, what waits for it. */
import type { ReactElement } from "react";
import { Link } from "wouter";

import { useDesk } from "@/actions/DoingContext";
import { scene, show } from "@/actions/scene";
import { bare } from "@/lib/names";
import { exact, moment } from "@/lib/time";
import { visible } from "@/lib/bidi";
import { gist } from "@/mail/MessageRow";
import type { Member } from "@/store/entities";
import { conditionOf } from "@/store/selectors";
import { useThrum } from "@/store/store";
import { t } from "@/text/en";
import { Ago } from "@/ui/Ago";
import { Condition } from "@/ui/Condition";
import { Icon } from "@/ui/Icon";
import { Menu } from "@/ui/Menu";
import { Name } from "@/ui/Name";
import { Count } from "@/ui/Tabs";
import { useNow } from "@/ui/useNow";

import css from "./now.module.css";

const SILENT_MS = 5 * 60_000;

interface AgentRowProps {
  readonly member: Member;
  readonly isDense: boolean;
}

export function AgentRow({ member, isDense }: AgentRowProps): ReactElement {
  const desk = useDesk();
  const id = member.agent_id;
  const isPinned = useThrum((state) => state.pinned.has(id));
  const isParked = useThrum((state) => state.parked.has(id));
  const files = member.file_count ?? 0;
  const clashes = member.clashes ?? [];
  const work = member.intent || member.current_task;
  return (
    <li className={css["agent"]} id={conditionOf(member)}>
      <Link
        href={`/agents/${encodeURIComponent(id)}`}
        className={css["agent-link"]}
        data-row-focus
        onFocus={() => scene.setState({ agentId: id })}
        onBlur={() => scene.setState({ agentId: null })}
      >
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
          {member.branch ? <bdi className={css["branch"]}>{visible(member.branch)}</bdi> : null}
          {files > 0 ? <span>{t.now.files(files)}</span> : null}
          {clashes.length > 0 ? (
            <span className={css["clash"]} title={clashes.map((clash) => clash.file).join("\n")}>
              ⚠ {t.now.shared([...new Set(clashes.flatMap((clash) => clash.agents.map(bare)))].join(", "))}
            </span>
          ) : null}
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
        <Menu
          label={`${t.message.more}: ${id}`}
          choices={[
            { label: t.agents.write, keys: "c", run: () => show({ kind: "compose", to: [id] }) },
            { label: isPinned ? t.now.unpin : t.now.pin, keys: "s", run: () => desk.pin(id) },
            { label: isParked ? t.now.unpark : t.now.park, keys: "m", run: () => desk.park(id) },
          ]}
        />
      </span>
    </li>
  );
}

/** Since when it stands so, by what one knows it, and whether it has gone quiet meanwhile. */
function Evidence({ member }: { readonly member: Member }): ReactElement | null {
  const now = useNow();
  const since = moment(member.since || member.last_seen);
  const heard = moment(member.heard || member.last_seen);
  if (!since) return null;
  const isSilent = conditionOf(member) === "working" && heard > 0 && now - heard > SILENT_MS;
  const title = [t.now.evidence[member.evidence], t.now.heard(exact(heard))].filter(Boolean).join("; ");
  return (
    <span className={isSilent ? css["silent"] : css["soft"]} title={title}>
      {isSilent ? t.now.silent(now - heard) : t.now.since(now - since)}
    </span>
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

