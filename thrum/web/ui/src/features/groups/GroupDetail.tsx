/** One group. */
import { useState, type ReactElement } from "react";
import { useLocation } from "wouter";

import { useDesk } from "@/actions/DoingContext";
import { show } from "@/actions/scene";
import { useAsked } from "@/actions/useAsked";
import { visible } from "@/lib/bidi";
import { MessageRow } from "@/mail/MessageRow";
import { useHeld } from "@/mail/useHeld";
import { NameField } from "@/mail/NameField";
import { knownNames } from "@/mail/audience";
import { asRpcError } from "@/rpc/RpcError";
import type { GroupMember } from "@/store/entities";
import { useThrum } from "@/store/store";
import { t } from "@/text/en";
import { Failure, Skeleton } from "@/ui/Blank";
import { Button } from "@/ui/Button";
import { Head, HeadEnd, Page, Section } from "@/ui/Layout";
import { Name } from "@/ui/Name";
import ui from "@/ui/ui.module.css";

import css from "./groups.module.css";

export function GroupDetail({ name }: { readonly name: string }): ReactElement {
  const desk = useDesk();
  const counted = useThrum((state) => state.groups.get(name)?.member_count ?? 0);
  const newest = useThrum((state) => state.order[0] ?? "");
  const [asked, again] = useAsked(`${name} ${counted}`, () => desk.call("group.info", { name }));
  const [mail] = useAsked(`${name} ${newest}`, () => desk.looking.list({ scope: { type: "group", value: name }, page_size: 20 }));
  useHeld(() => (mail.state === "there" ? mail.value.ids : []));
  const isBuiltIn = name === "everyone";
  if (asked.state === "failed") return <Failure error={asked.error} onRetry={again} />;
  const changed = (): void => {
    desk.looking.look("groups");
    again();
  };
  const members = asked.state === "there" ? asked.value.members : [];
  return (
    <Page>
      <Head title={<Name id={name} />}>
        {asked.state === "there" && asked.value.description ? <p dir="auto">{visible(asked.value.description)}</p> : null}
        <HeadEnd>
          <Button icon="compose" onClick={() => show({ kind: "compose", to: [name] })}>
            {t.groups.write}
          </Button>
        </HeadEnd>
      </Head>
      <Section title={t.groups.members(members.length)}>
        {asked.state === "asking" ? <Skeleton rows={2} height={40} /> : null}
        {asked.state === "there" && members.length === 0 ? <p className={css["soft"]}>{t.groups.nobody}</p> : null}
        <ul>
          {members.map((member) => (
            <MemberRow key={`${member.member_type} ${member.member_value}`} group={name} member={member} canRemove={!isBuiltIn} onChange={changed} />
          ))}
        </ul>
        {isBuiltIn ? null : <Adding group={name} members={members} onChange={changed} />}
      </Section>
      <Section title={t.agents.mail}>
        {mail.state === "there" && mail.value.ids.length === 0 ? <p className={css["soft"]}>{t.talk.none}</p> : null}
        {mail.state === "there" ? mail.value.ids.map((id) => <MessageRow key={id} id={id} href={`/feed?m=${id}`} isChosen={false} lines={1} />) : null}
      </Section>
      {isBuiltIn ? null : <Deleting name={name} />}
    </Page>
  );
}

interface MemberRowProps {
  readonly group: string;
  readonly member: GroupMember;
  readonly canRemove: boolean;
  readonly onChange: () => void;
}

function MemberRow({ group, member, canRemove, onChange }: MemberRowProps): ReactElement {
  const desk = useDesk();
  const { member_type, member_value } = member;
  const remove = (): void => {
    desk.call("group.member.remove", { group, member_type, member_value }).then(onChange, (thrown: unknown) => desk.toast(asRpcError(thrown).message));
  };
  return (
    <li className={css["member"]}>
      <span>
        <Name id={member_value} /> <span className={css["soft"]}>{member_type}</span>
      </span>
      {canRemove ? (
        <Button look="quiet" onClick={remove}>
          {t.groups.remove}
        </Button>
      ) : null}
    </li>
  );
}

interface AddingProps {
  readonly group: string;
  readonly members: readonly GroupMember[];
  readonly onChange: () => void;
}

function Adding({ group, members, onChange }: AddingProps): ReactElement {
  const desk = useDesk();
  const agents = useThrum((state) => state.agents);
  const team = useThrum((state) => state.members);
  const has = new Set(members.map((member) => member.member_value));
  const known = knownNames({ agents, members: team, groups: new Map(), me: null }).filter((each) => each.kind !== "everyone" && !has.has(each.name));
  const add = (name: string): void => {
    const kind = known.find((each) => each.name === name)?.kind;
    desk
      .call("group.member.add", { group, member_type: kind === "role" ? "role" : "agent", member_value: name })
      .then(onChange, (thrown: unknown) => desk.toast(asRpcError(thrown).message));
  };
  return (
    <div className={css["adding"]}>
      <span>{t.groups.add}</span>
      <NameField known={known} label={t.groups.add} hint={t.groups.addHint} onPick={add} />
    </div>
  );
}

function Deleting({ name }: { readonly name: string }): ReactElement {
  const desk = useDesk();
  const [, go] = useLocation();
  const [isAsking, setAsking] = useState(false);
  const [typed, setTyped] = useState("");
  const remove = (): void => {
    desk.call("group.delete", { name }).then(
      () => {
        desk.looking.look("groups");
        go("/groups");
      },
      (thrown: unknown) => desk.toast(asRpcError(thrown).message),
    );
  };
  if (!isAsking) {
    return (
      <p className={css["deleting"]}>
        <Button look="quiet" onClick={() => setAsking(true)}>
          {t.groups.delete}
        </Button>
      </p>
    );
  }
  return (
    <p className={css["deleting"]}>
      <label>
        {t.groups.deleteSure}
        <input className={ui["field"]} value={typed} onChange={(event) => setTyped(event.target.value)} />
      </label>
      <Button look="bad" disabled={typed !== name} onClick={remove}>
        {t.groups.delete}
      </Button>
    </p>
  );
}
