/** One agent: who it is, what it works on, its mail. Looking marks nothing as read. */
import { useEffect, useState, type ReactElement } from "react";

import { useDesk } from "@/actions/DoingContext";
import { show } from "@/actions/scene";
import { useAsked } from "@/actions/useAsked";
import { visible } from "@/lib/bidi";
import { bare, isPerson } from "@/lib/names";
import { Composer } from "@/mail/Composer";
import { MessageRow } from "@/mail/MessageRow";
import { useHeld } from "@/mail/useHeld";
import type { Member } from "@/store/entities";
import { conditionOf } from "@/store/selectors";
import { useThrum } from "@/store/store";
import { changedFiles, type Changed } from "@/store/work";
import { t } from "@/text/en";
import { Ago } from "@/ui/Ago";
import { Failure } from "@/ui/Blank";
import { Button } from "@/ui/Button";
import { Condition } from "@/ui/Condition";
import { CopyButton } from "@/ui/Copy";
import { Facts, Head, HeadEnd, Page, Section } from "@/ui/Layout";
import { Name } from "@/ui/Name";

import css from "./agents.module.css";

const MAIL = 20;

export function AgentDetail({ id }: { readonly id: string }): ReactElement {
  const member = useThrum((state) => state.members.get(id));
  const display = useThrum((state) => state.agents.get(id)?.display ?? "");
  const [isSpeaking, setSpeaking] = useState(false);
  const isMe = useThrum((state) => state.me?.id === id);
  return (
    <Page>
      <Head title={<Name id={id} />}>
        {member ? <Condition kind={conditionOf(member)} /> : null}
        <HeadEnd>
          {isPerson(id) || isMe ? null : (
            <Button look="quiet" aria-pressed={isSpeaking} onClick={() => setSpeaking(!isSpeaking)}>
              {t.agents.speakAs}
            </Button>
          )}
          {isMe ? null : (
            <Button icon="compose" keys="c" onClick={() => show({ kind: "compose", to: [id] })}>
              {t.agents.write}
            </Button>
          )}
        </HeadEnd>
      </Head>
      {isSpeaking ? (
        <div className={css["speaking"]}>
          <Composer draftKey={`as ${id}`} label={t.agents.speakAs} actingAs={id} isFocused onSent={() => setSpeaking(false)} />
        </div>
      ) : null}
      {member ? <Identity member={member} display={display} /> : <p className={css["person"]}>{display ? <bdi>{visible(display)}</bdi> : null}</p>}
      {member?.session_id ? <Work id={id} /> : null}
      <Mail id={id} unread={member?.unread ?? 0} total={member?.total ?? 0} />
    </Page>
  );
}

function Copyable({ text }: { readonly text: string }): ReactElement {
  return (
    <span className={css["copyable"]}>
      <bdi className={css["mono"]}>{visible(text)}</bdi>
      <CopyButton text={text} />
    </span>
  );
}

function Identity({ member, display }: { readonly member: Member; readonly display: string }): ReactElement {
  return (
    <Section title={t.agents.identity}>
      <Facts
        facts={[
          [t.settings.name, display ? <bdi>{visible(display)}</bdi> : ""],
          [t.agents.intent, member.intent ? <span dir="auto">{visible(member.intent)}</span> : ""],
          [t.agents.task, member.current_task ? <span dir="auto">{visible(member.current_task)}</span> : ""],
          [t.agents.role, member.role],
          [t.agents.module, member.module],
          [t.agents.runtime, member.runtime ?? ""],
          [t.agents.branch, member.branch ? <Copyable text={member.branch} /> : ""],
          [t.agents.path, member.worktree ? <Copyable text={member.worktree} /> : ""],
          [t.agents.machine, member.is_local === false ? (member.hostname ?? "") : ""],
          [t.agents.session, member.session_start ? <Ago at={member.session_start} /> : ""],
          [t.agents.seen, member.last_seen ? <Ago at={member.last_seen} /> : ""],
        ]}
      />
    </Section>
  );
}

function Work({ id }: { readonly id: string }): ReactElement | null {
  const desk = useDesk();
  const context = useThrum((state) => state.contexts.get(id));
  const member = useThrum((state) => state.members.get(id));
  useEffect(() => desk.looking.look("work"), [desk, member]);
  if (!context) return null;
  const changes = changedFiles(context);
  const commits = context.unmerged_commits ?? [];
  return (
    <Section title={t.agents.work}>
      {changes.length > 0 ? <Changes changes={changes} /> : <p className={css["soft"]}>{t.agents.noFiles}</p>}
      {commits.length > 0 ? (
        <>
          <h3>{t.agents.commits}</h3>
          <ul>
            {commits.map((commit) => (
              <li key={commit.sha} className={css["commit"]}>
                <code>{(commit.sha ?? "").slice(0, 8)}</code> <bdi>{visible((commit.message ?? "").split("\n")[0] ?? "")}</bdi>
              </li>
            ))}
          </ul>
        </>
      ) : null}
      {context.git_updated_at ? (
        <p className={css["soft"]}>
          {t.agents.asOf} <Ago at={context.git_updated_at} />
        </p>
      ) : null}
    </Section>
  );
}

function Changes({ changes }: { readonly changes: readonly Changed[] }): ReactElement {
  return (
    <table className={css["files"]}>
      <caption>{t.agents.files}</caption>
      <tbody>
        {changes.map((change) => (
          <tr key={change.path}>
            <td>
              <bdi className={css["mono"]}>{visible(change.path)}</bdi>
            </td>
            <td>{change.additions || change.deletions ? `+${change.additions} −${change.deletions}` : ""}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Mail({ id, unread, total }: { readonly id: string; readonly unread: number; readonly total: number }): ReactElement {
  const desk = useDesk();
  const [tab, setTab] = useState<"inbox" | "wrote">("inbox");
  const newest = useThrum((state) => state.order[0] ?? "");
  const [asked, again] = useAsked(`${id} ${tab} ${newest}`, () =>
    desk.looking.list(tab === "inbox" ? { for_agent: id, page_size: MAIL } : { author_id: id, page_size: MAIL }),
  );
  const [ids, setIds] = useState<readonly string[]>([]);
  useHeld(() => ids);
  if (asked.state === "there" && asked.value.ids !== ids) setIds(asked.value.ids);
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
      {asked.state === "failed" ? <Failure error={asked.error} onRetry={again} /> : null}
      {asked.state === "there" && ids.length === 0 ? <p className={css["soft"]}>{t.talk.none}</p> : null}
      {ids.map((each) => (
        <MessageRow key={each} id={each} href={`/feed?m=${each}`} isChosen={false} hasAudience lines={1} />
      ))}
      {ids.length >= MAIL ? (
        <p>
          <a href={`/feed?from=${encodeURIComponent(bare(id))}`}>{t.inbox.older}</a>
        </p>
      ) : null}
    </Section>
  );
}
