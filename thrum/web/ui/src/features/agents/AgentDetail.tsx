/** One agent: who it is, what it works on, its mail. Looking marks nothing as read. */
import { useState, type ReactElement } from "react";
import { Link } from "wouter";

import { show } from "@/actions/scene";
import { useWork } from "@/actions/useWork";
import { visible } from "@/lib/bidi";
import { isPerson } from "@/lib/names";
import { Composer } from "@/mail/Composer";
import type { Member } from "@/store/entities";
import { conditionOf } from "@/store/selectors";
import { useThrum } from "@/store/store";
import { changedFiles, type Changed } from "@/store/work";
import { t } from "@/text/en";
import { Ago } from "@/ui/Ago";
import { Skeleton } from "@/ui/Blank";
import { Button } from "@/ui/Button";
import { Condition } from "@/ui/Condition";
import { CopyButton } from "@/ui/Copy";
import { Evidence } from "@/ui/Evidence";
import { InTmux } from "@/ui/InTmux";
import { Facts, Head, HeadEnd, Page, Section } from "@/ui/Layout";
import { Name } from "@/ui/Name";

import css from "./agents.module.css";
import { Mail } from "./Mail";
import { Removal } from "./Removal";

export function AgentDetail({ id }: { readonly id: string }): ReactElement {
  const member = useThrum((state) => state.members.get(id));
  const display = useThrum((state) => state.agents.get(id)?.display ?? "");
  const [isSpeaking, setSpeaking] = useState(false);
  const isMe = useThrum((state) => state.me?.id === id);
  return (
    <Page>
      <Head title={<Name id={id} />}>
        {member ? (
          <span className={css["stands"]}>
            <Condition kind={conditionOf(member)} /> <Evidence member={member} />
          </span>
        ) : null}
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
      {isPerson(id) ? null : <Removal id={id} />}
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
          [t.agents.tmux, member.tmux ? <InTmux member={member} /> : ""],
          [t.agents.machine, member.is_local === false ? (member.hostname ?? "") : ""],
          [t.agents.session, member.session_start ? <Ago at={member.session_start} /> : ""],
          [t.agents.seen, member.last_seen ? <Ago at={member.last_seen} /> : ""],
        ]}
      />
    </Section>
  );
}

function Work({ id }: { readonly id: string }): ReactElement | null {
  useWork();
  const context = useThrum((state) => state.contexts.get(id));
  const isKnown = useThrum((state) => state.contexts.size > 0);
  if (!context && isKnown) return null;
  if (!context) {
    return (
      <Section title={t.agents.work}>
        <Skeleton rows={2} height={24} />
      </Section>
    );
  }
  const changes = changedFiles(context);
  const commits = context.unmerged_commits ?? [];
  return (
    <Section title={t.agents.work}>
      {changes.length > 0 ? <Changes changes={changes} /> : <p className={css["soft"]}>{t.agents.noFiles}</p>}
      {commits.length > 0 ? (
        <>
          <h3>{t.agents.commits}</h3>
          <ul className={css["commits"]}>
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

/** More files than so many are counted, not shown. */
const MOST = 200;

function Changes({ changes }: { readonly changes: readonly Changed[] }): ReactElement {
  return (
    <>
      <h3>{t.agents.files}</h3>
      <ul className={css["files"]} aria-label={t.agents.files}>
        {changes.slice(0, MOST).map((change) => (
          <li key={change.path}>
            <Link href={`/who-has?q=${encodeURIComponent(change.path)}`}>
              <bdi className={css["mono"]}>{visible(change.path)}</bdi>
            </Link>
            <span className={css["soft"]}>{t.whoHas.extent(change.additions, change.deletions, change.isOpen)}</span>
          </li>
        ))}
      </ul>
      {changes.length > MOST ? <p className={css["soft"]}>{t.whoHas.more(changes.length - MOST)}</p> : null}
    </>
  );
}
