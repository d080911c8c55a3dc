/** An agent at a glance: how it stands, on what it works, what waits for it. */
import type { ReactElement } from "react";
import { Link } from "wouter";

import { useDesk } from "@/actions/DoingContext";
import { scene, show } from "@/actions/scene";
import { moment } from "@/lib/time";
import { visible } from "@/lib/bidi";
import { gist } from "@/mail/MessageRow";
import type { Member } from "@/store/entities";
import { conditionOf } from "@/store/selectors";
import { useThrum } from "@/store/store";
import { changedFiles } from "@/store/work";
import { t } from "@/text/en";
import { Ago } from "@/ui/Ago";
import { Condition } from "@/ui/Condition";
import { Icon } from "@/ui/Icon";
import { Menu } from "@/ui/Menu";
import { Name } from "@/ui/Name";
import { Count } from "@/ui/Tabs";
import { useNow } from "@/ui/useNow";

import css from "./now.module.css";
import type { Clash } from "./useClashes";

const SILENT_MS = 5 * 60_000;

/** What the agent said last that this page knows. */
function useLastWord(id: string): string | undefined {
  return useThrum((state) => state.order.slice(0, 500).find((each) => state.messages.get(each)?.agent_id === id));
}

interface AgentRowProps {
  readonly member: Member;
  readonly clash: Clash | undefined;
  readonly isDense: boolean;
}

export function AgentRow({ member, clash, isDense }: AgentRowProps): ReactElement {
  const desk = useDesk();
  const id = member.agent_id;
  const isPinned = useThrum((state) => state.pinned.has(id));
  const isParked = useThrum((state) => state.parked.has(id));
  const files = useThrum((state) => changedFiles(state.contexts.get(id)).length);
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
          {clash ? (
            <span className={css["clash"]} title={clash.files.join("\n")}>
              ⚠ {t.now.shared(clash.others.join(", "))}
            </span>
          ) : null}
          {member.inbox_unread > 0 ? <span>{t.now.mailWaiting(member.inbox_unread)}</span> : null}
        </span>
        {isDense ? null : <LastWord id={id} />}
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

/** By what one knows how it stands, and how old that is. */
function Evidence({ member }: { readonly member: Member }): ReactElement | null {
  const now = useNow();
  const seen = moment(member.last_seen);
  if (!seen) return null;
  const age = now - seen;
  const isSilent = conditionOf(member) === "working" && age > SILENT_MS;
  return <span className={isSilent ? css["silent"] : css["soft"]}>{isSilent ? t.now.silent(age) : t.now.seen(age)}</span>;
}

function LastWord({ id }: { readonly id: string }): ReactElement | null {
  const last = useLastWord(id);
  const message = useThrum((state) => (last ? state.messages.get(last) : undefined));
  if (!message || message.deleted) return null;
  return (
    <span className={css["last-word"]} dir="auto">
      “{gist(message.body.content)}” <Ago at={message.created_at} />
    </span>
  );
}

function UnreadFrom({ id }: { readonly id: string }): ReactElement | null {
  const count = useThrum((state) => {
    let found = 0;
    for (const each of state.inbox) {
      const message = state.messages.get(each);
      if (message?.agent_id === id && !message.is_read && !message.deleted) found += 1;
    }
    return found;
  });
  return <Count of={count} isStrong label={t.now.unread(count)} />;
}

