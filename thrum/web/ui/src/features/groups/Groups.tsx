/** Groups: who is in them, who is added or taken out, what was written to them. */
import { useState, type ReactElement } from "react";
import { Link, useLocation } from "wouter";

import { useDesk } from "@/actions/DoingContext";
import { useScene, type ListHandle } from "@/actions/scene";
import { visible } from "@/lib/bidi";
import { asRpcError } from "@/rpc/RpcError";
import type { Group } from "@/store/entities";
import { useThrum } from "@/store/store";
import { t } from "@/text/en";
import { Empty, Skeleton } from "@/ui/Blank";
import { Button } from "@/ui/Button";
import { Head, HeadEnd, Split } from "@/ui/Layout";
import { List } from "@/ui/List";
import { Name } from "@/ui/Name";
import ui from "@/ui/ui.module.css";

import { GroupDetail } from "./GroupDetail";
import css from "./groups.module.css";

export function Groups({ name }: { readonly name: string | undefined }): ReactElement {
  const groups = useThrum((state) => state.groups);
  const isLoaded = useThrum((state) => state.isLoaded);
  const [isMaking, setMaking] = useState(false);
  const [handle, setHandle] = useState<ListHandle | null>(null);
  useScene({ list: handle }, handle ? "list" : "");
  const ids = [...groups.keys()].sort();
  const list = (
    <>
      <Head title={t.views.groups}>
        <HeadEnd>
          <Button aria-expanded={isMaking} onClick={() => setMaking(!isMaking)}>
            {t.groups.create}
          </Button>
        </HeadEnd>
      </Head>
      {isMaking ? <Making onDone={() => setMaking(false)} /> : null}
      {ids.length > 0 ? (
        <List label={t.views.groups} ids={ids} estimate={58} chosen={name ?? null} onHandle={setHandle}>
          {(id, isChosen) => <Row group={groups.get(id)} isChosen={isChosen} />}
        </List>
      ) : isLoaded ? (
        <Empty title={t.groups.empty} />
      ) : (
        <Skeleton rows={4} height={58} />
      )}
    </>
  );
  return <Split isOpen={name !== undefined} list={list} detail={name ? <GroupDetail key={name} name={name} /> : <Empty title={t.groups.choose} />} />;
}

function Row({ group, isChosen }: { readonly group: Group | undefined; readonly isChosen: boolean }): ReactElement | null {
  if (!group) return null;
  return (
    <Link href={`/groups/${encodeURIComponent(group.name)}`} className={css["row"]} data-row-focus data-chosen={isChosen || undefined}>
      <span className={css["row-head"]}>
        <Name id={group.name} />
        <span className={css["soft"]}>{t.groups.members(group.member_count)}</span>
      </span>
      <span className={css["soft"]} dir="auto">
        {visible(group.description ?? "")}
      </span>
    </Link>
  );
}

function Making({ onDone }: { readonly onDone: () => void }): ReactElement {
  const desk = useDesk();
  const [, go] = useLocation();
  const [name, setName] = useState("");
  const [description, setDescription] = useState("");
  const [problem, setProblem] = useState("");
  const make = (): void => {
    desk.call("group.create", { name: name.trim(), description }).then(
      () => {
        desk.looking.look("groups");
        onDone();
        go(`/groups/${encodeURIComponent(name.trim())}`);
      },
      (thrown: unknown) => setProblem(asRpcError(thrown).message),
    );
  };
  return (
    <form
      className={css["making"]}
      onSubmit={(event) => {
        event.preventDefault();
        make();
      }}
    >
      <label>
        {t.groups.name}
        <input className={ui["field"]} value={name} onChange={(event) => setName(event.target.value)} required />
      </label>
      <label>
        {t.groups.description}
        <input className={ui["field"]} value={description} onChange={(event) => setDescription(event.target.value)} />
      </label>
      {problem ? <p role="alert">{problem}</p> : null}
      <Button look="primary" type="submit" disabled={!name.trim()}>
        {t.groups.make}
      </Button>
    </form>
  );
}
