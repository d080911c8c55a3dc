/** Putting away what an agent wrote, and forgetting the agent: for whom the daemon allows it. */
import { useState, type ReactElement } from "react";
import { useLocation } from "wouter";

import { useDesk } from "@/actions/DoingContext";
import { visible } from "@/lib/bidi";
import { bare } from "@/lib/names";
import { freshKey } from "@/outbox/drawer";
import { t } from "@/text/en";
import { CopyButton } from "@/ui/Copy";
import { Section } from "@/ui/Layout";
import { TypedName } from "@/ui/TypedName";

import css from "./agents.module.css";

export function Removal({ id }: { readonly id: string }): ReactElement {
  const desk = useDesk();
  const [, go] = useLocation();
  const [path, setPath] = useState("");
  // What was cut short goes on where it was, as long as this page is open.
  const [key, setKey] = useState(freshKey);
  const archive = async (): Promise<void> => {
    const done = await desk.call("message.archive", { archive_type: "agent", identifier: id, client_id: key });
    setPath(done.archive_path);
    setKey(freshKey());
    desk.toast(t.agents.archived(done.archived_count));
  };
  const remove = async (): Promise<void> => {
    await desk.call("agent.delete", { name: id });
    desk.toast(t.agents.deleted(bare(id)));
    go("/agents");
  };
  return (
    <Section title={t.agents.removal}>
      <div className={css["removal"]}>
        <TypedName label={t.agents.archive} ask={t.agents.archiveSure(bare(id))} name={bare(id)} run={archive} />
        {path ? (
          <p>
            {t.agents.archivedTo} <code>{visible(path)}</code> <CopyButton text={path} />
          </p>
        ) : null}
        <TypedName label={t.agents.delete} ask={t.agents.deleteSure(bare(id))} name={bare(id)} run={remove} />
      </div>
    </Section>
  );
}
