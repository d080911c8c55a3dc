/** Everybody here, and all that is known of one of them. */
import { useMemo, useState, type ReactElement } from "react";
import { Link } from "wouter";

import { useScene, type ListHandle } from "@/actions/scene";
import { visible } from "@/lib/bidi";
import { isPerson } from "@/lib/names";
import type { Member } from "@/store/entities";
import type { State } from "@/store/state";
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

/** Agents by name, those that are gone after them, people at the end. */
function orderOf(members: State["members"], agents: State["agents"]): readonly string[] {
  const people = [...agents.values()].filter((each) => each.kind === "user").map((each) => each.agent_id);
  const isGone = (member: Member): number => Number(conditionOf(member) === "offline");
  const working = [...members.values()].sort((a, b) => isGone(a) - isGone(b) || a.agent_id.localeCompare(b.agent_id));
  return [...new Set([...working.map((each) => each.agent_id), ...people.sort()])];
}

export function AgentPage({ name }: { readonly name: string | undefined }): ReactElement {
  const members = useThrum((state) => state.members);
  const isLoaded = useThrum((state) => state.isLoaded);
  const [handle, setHandle] = useState<ListHandle | null>(null);
  const agents = useThrum((state) => state.agents);
  const ids = useMemo(() => orderOf(members, agents), [members, agents]);
  useScene({ list: handle, agentId: name ?? null }, `${name ?? ""} ${handle ? "" : "no"}`);
  const list = (
    <>
      <Head title={t.views.agents} />
      {ids.length > 0 ? (
        <List label={t.views.agents} ids={ids} estimate={58} chosen={name ?? null} onHandle={setHandle}>
          {(id, isChosen) => <Row id={id} isChosen={isChosen} />}
        </List>
      ) : isLoaded ? (
        <Empty title={t.now.emptyTitle} />
      ) : (
        <Skeleton rows={8} height={58} />
      )}
    </>
  );
  const detail =
    name && ids.includes(name) ? (
      <AgentDetail key={name} id={name} />
    ) : name && !isLoaded ? (
      <Skeleton rows={3} />
    ) : (
      <Empty title={name ? t.agents.none : t.agents.choose} />
    );
  return <Split isOpen={name !== undefined} list={list} detail={detail} />;
}

function Row({ id, isChosen }: { readonly id: string; readonly isChosen: boolean }): ReactElement {
  const member = useThrum((state) => state.members.get(id));
  const agent = useThrum((state) => state.agents.get(id));
  const text = member?.intent || member?.current_task || agent?.display || member?.role || "";
  return (
    <Link href={`/agents/${encodeURIComponent(id)}`} className={css["row"]} data-row-focus data-chosen={isChosen || undefined}>
      <span className={css["row-head"]}>
        <Name id={id} />
        {member ? <Condition kind={conditionOf(member)} /> : <span className={css["soft"]}>{t.compose.kinds[isPerson(id) ? "person" : "agent"]}</span>}
      </span>
      <span className={css["row-text"]} dir="auto">
        {visible(text)}
      </span>
    </Link>
  );
}
