/** One group: who is in it, who is added or taken out, what was written to it. */
import { useEffect, useRef, useState, type ReactElement } from "react";
import { Link, useLocation } from "wouter";

import { useDesk } from "@/actions/DoingContext";
import { show } from "@/actions/scene";
import { useAsked } from "@/actions/useAsked";
import { visible } from "@/lib/bidi";
import { NameField } from "@/mail/NameField";
import { PagedMail } from "@/mail/PagedMail";
import { knownNames } from "@/mail/audience";
import { asRpcError } from "@/rpc/RpcError";
import type { GroupMember } from "@/store/entities";
import { useThrum } from "@/store/store";
import { t } from "@/text/en";
import { Ago } from "@/ui/Ago";
import { Failure, Skeleton } from "@/ui/Blank";
import { Button } from "@/ui/Button";
import { Head, HeadEnd, Page, Section } from "@/ui/Layout";
import { Name } from "@/ui/Name";
import { TypedName } from "@/ui/TypedName";

import css from "./groups.module.css";

export function GroupDetail({ name }: { readonly name: string }): ReactElement {
  const desk = useDesk();
  const group = useThrum((state) => state.groups.get(name));
  const [asked, again] = useAsked(name, () => desk.call("group.info", { name }));
  const before = useRef(group);
  useEffect(() => {
    // Who is in it changed, here or elsewhere.
    if (before.current !== group) again();
    before.current = group;
  }, [group, again]);
  if (asked.state === "failed") return <Failure error={asked.error} onRetry={again} />;
  const info = asked.state === "there" ? asked.value : null;
  const isBuiltIn = name === "everyone";
  return (
    <Page>
      <Head title={<Name id={name} />}>
        {info?.description ? <p dir="auto">{visible(info.description)}</p> : null}
        <HeadEnd>
          <Button icon="compose" onClick={() => show({ kind: "compose", to: [name] })}>
            {t.groups.write}
          </Button>
        </HeadEnd>
      </Head>
      <Section title={t.groups.inIt}>
        {info ? <Members group={name} members={info.members} canChange={!isBuiltIn} onChange={again} /> : <Skeleton rows={2} height={40} />}
        {info?.created_by ? (
          <p className={css["made"]}>
            {t.groups.made} <Name id={info.created_by} />, <Ago at={info.created_at} />
          </p>
        ) : null}
      </Section>
      <Section title={t.groups.conversation}>
        <PagedMail which={{ group: name }} />
        <p className={css["made"]}>
          <Link href={`/talk/group/${encodeURIComponent(name)}`}>{t.groups.talk}</Link>
        </p>
      </Section>
      {isBuiltIn ? null : <Deleting name={name} />}
    </Page>
  );
}

interface MembersProps {
  readonly group: string;
  readonly members: readonly GroupMember[];
  readonly canChange: boolean;
  readonly onChange: () => void;
}

function Members({ group, members, canChange, onChange }: MembersProps): ReactElement {
  const desk = useDesk();
  const [refusal, setRefusal] = useState("");
  const change = (how: "group.member.add" | "group.member.remove", type: string, value: string): void => {
    setRefusal("");
    desk.call(how, { group, member_type: type, member_value: value }).then(onChange, (thrown: unknown) => {
      const { message, hint } = asRpcError(thrown);
      setRefusal(hint ? `${message}: ${hint}` : message);
    });
  };
  return (
    <>
      {members.length === 0 ? <p className={css["soft"]}>{t.groups.nobody}</p> : null}
      <ul>
        {members.map((member) => (
          <MemberRow
            key={`${member.member_type} ${member.member_value}`}
            member={member}
            onRemove={canChange ? () => change("group.member.remove", member.member_type, member.member_value) : undefined}
          />
        ))}
      </ul>
      {canChange ? <Adding members={members} onAdd={(type, value) => change("group.member.add", type, value)} /> : null}
      {refusal ? (
        <p role="alert" className={css["refusal"]}>
          {visible(refusal)}
        </p>
      ) : null}
    </>
  );
}

interface MemberRowProps {
  readonly member: GroupMember;
  readonly onRemove: (() => void) | undefined;
}

function MemberRow({ member: { member_type, member_value }, onRemove }: MemberRowProps): ReactElement {
  return (
    <li className={css["member"]}>
      <span className={css["member-who"]}>
        {member_type === "agent" ? (
          <Link href={`/agents/${encodeURIComponent(member_value)}`}>
            <Name id={member_value} />
          </Link>
        ) : (
          <Name id={member_value} />
        )}{" "}
        <span className={css["soft"]}>{member_type === "role" ? t.groups.role : t.groups.agent}</span>
        {member_type === "role" ? <StandsFor role={member_value} /> : null}
      </span>
      {onRemove ? (
        <Button look="quiet" aria-label={`${t.groups.remove} ${member_value}`} onClick={onRemove}>
          {t.groups.remove}
        </Button>
      ) : null}
    </li>
  );
}

/** Whom a role means as of now. */
function StandsFor({ role }: { readonly role: string }): ReactElement {
  const members = useThrum((state) => state.members);
  const names = [...members.values()].filter((each) => each.role === role).map((each) => each.agent_id);
  return (
    <span className={css["soft"]}>
      {" "}
      {names.length > 0 ? `${t.groups.standsFor} ` : `, ${t.groups.standsForNobody}`}
      {names.map((name, index) => (
        <span key={name}>
          {index > 0 ? ", " : ""}
          <Name id={name} />
        </span>
      ))}
    </span>
  );
}

interface AddingProps {
  readonly members: readonly GroupMember[];
  readonly onAdd: (type: string, value: string) => void;
}

function Adding({ members, onAdd }: AddingProps): ReactElement {
  const agents = useThrum((state) => state.agents);
  const team = useThrum((state) => state.members);
  const has = new Set(members.map((member) => member.member_value));
  const known = knownNames({ agents, members: team, groups: new Map(), me: null }).filter((each) => each.kind !== "everyone" && !has.has(each.name));
  const add = (name: string): void => onAdd(known.find((each) => each.name === name)?.kind === "role" ? "role" : "agent", name);
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
  const remove = async (): Promise<void> => {
    await desk.call("group.delete", { name });
    desk.looking.look("groups");
    go("/groups");
  };
  return (
    <Section title={t.agents.removal}>
      <TypedName label={t.groups.delete} ask={t.groups.deleteSure(name)} name={name} run={remove} />
    </Section>
  );
}
