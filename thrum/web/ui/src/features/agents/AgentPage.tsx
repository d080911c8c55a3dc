/** Everybody here, and all that is known of one of them. */
import { useMemo, useState, type ReactElement } from "react";
import { Link } from "wouter";

import { useScene, type ListHandle } from "@/actions/scene";
import { isPerson } from "@/lib/names";
import type { Member } from "@/store/entities";
import { conditionOf } from "@/store/selectors";
import { useThrum } from "@/store/store";
import { t } from "@/text/en";
import { Empty, Skeleton } from "@/ui/Blank";
import { Condition } from "@/ui/Condition";
import { Head, Split } from "@/ui/Layout";
import { List } from "@/ui/List";
import { Name } from "@/ui/Name";

import { AgentDetail } from "./AgentDetail";
import css from "./agents.module.css";

function byName(a: Member, b: Member): number {
  const byKind = Number(isPerson(a.agent_id)) - Number(isPerson(b.agent_id));
  const byPresence = Number(conditionOf(a) === "offline") - Number(conditionOf(b) === "offline");
  return byKind || byPresence || a.agent_id.localeCompare(b.agent_id);
}

export function AgentPage({ name }: { readonly name: string | undefined }): ReactElement {
  const members = useThrum((state) => state.members);
  const isLoaded = useThrum((state) => state.isLoaded);
  const [handle, setHandle] = useState<ListHandle | null>(null);
  const ids = useMemo(() => [...members.values()].sort(byName).map((each) => each.agent_id), [members]);
  useScene({ list: handle, agentId: name ?? null }, `${name ?? ""} ${handle ? "" : "no"}`);
  const list = (
    <>
      <Head title={t.agents.title} />
      {ids.length > 0 ? (
        <List label={t.agents.title} ids={ids} estimate={58} chosen={name ?? null} onHandle={setHandle}>
          {(id, isChosen) => <Row member={members.get(id)} isChosen={isChosen} />}
        </List>
      ) : isLoaded ? (
        <Empty title={t.now.emptyTitle} />
      ) : (
        <Skeleton rows={8} height={58} />
      )}
    </>
  );
  const member = name ? members.get(name) : undefined;
  const detail = member ? (
    <AgentDetail key={member.agent_id} member={member} />
  ) : name && !isLoaded ? (
    <Skeleton rows={3} />
  ) : (
    <Empty title={name ? t.agents.none : t.agents.choose} />
  );
  return <Split isOpen={name !== undefined} list={list} detail={detail} />;
}

function Row({ member, isChosen }: { readonly member: Member | undefined; readonly isChosen: boolean }): ReactElement | null {
  if (!member) return null;
  return (
    <Link href={`/agents/${encodeURIComponent(member.agent_id)}`} className={css["row"]} data-row-focus data-chosen={isChosen || undefined}>
      <span className={css["row-head"]}>
        <Name id={member.agent_id} />
        {isPerson(member.agent_id) ? <span className={css["soft"]}>{t.compose.kinds.person}</span> : <Condition kind={conditionOf(member)} />}
      </span>
      <span className={css["row-text"]} dir="auto">
        {member.intent || member.current_task || (isPerson(member.agent_id) ? member.display : member.role)}
      </span>
    </Link>
  );
}
