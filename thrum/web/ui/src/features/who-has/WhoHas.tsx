/** Which agent has changed which file, and where several have changed the same one. */
import { useEffect, useMemo, type ReactElement } from "react";
import { Link, useSearchParams } from "wouter";

import { useDesk } from "@/actions/DoingContext";
import { visible } from "@/lib/bidi";
import { bare } from "@/lib/names";
import type { State } from "@/store/state";
import { useThrum } from "@/store/store";
import { holders, type Holder } from "@/store/work";
import { t } from "@/text/en";
import { Ago } from "@/ui/Ago";
import { Empty, Skeleton } from "@/ui/Blank";
import { Head, Page } from "@/ui/Layout";
import { Name } from "@/ui/Name";
import ui from "@/ui/ui.module.css";

import css from "./who-has.module.css";

export interface Held {
  readonly path: string;
  readonly by: readonly Holder[];
}

/** Files and who has changed them; those that several have first, then by path. */
export function heldFiles(contexts: State["contexts"]): readonly Held[] {
  return [...holders(contexts)]
    .map(([path, by]) => ({ path, by }))
    .sort((a, b) => Number(b.by.length > 1) - Number(a.by.length > 1) || a.path.localeCompare(b.path));
}

const MOST = 300;

export function WhoHas(): ReactElement {
  const [params, setParams] = useSearchParams();
  const query = params.get("q") ?? "";
  const desk = useDesk();
  const contexts = useThrum((state) => state.contexts);
  const members = useThrum((state) => state.members);
  // What agents change shows in what the daemon tells of them.
  useEffect(() => desk.looking.look("work"), [desk, members]);
  const isLoaded = useThrum((state) => state.isLoaded);
  const all = useMemo(() => heldFiles(contexts), [contexts]);
  const found = all.filter((held) => held.path.toLowerCase().includes(query.trim().toLowerCase()));
  const clashes = found.filter((held) => held.by.length > 1).length;
  return (
    <Page>
      <Head title={t.whoHas.title}>
        <span className={css["soft"]}>{found.length > 0 ? t.whoHas.count(found.length, clashes) : ""}</span>
      </Head>
      <div className={css["field"]}>
        <input
          type="search"
          className={ui["field"]}
          aria-label={t.whoHas.field}
          placeholder={t.whoHas.field}
          value={query}
          onChange={(event) => setParams(event.target.value ? { q: event.target.value } : {}, { replace: true })}
        />
      </div>
      {!isLoaded ? <Skeleton rows={6} height={40} /> : null}
      {isLoaded && found.length === 0 ? <Empty title={query ? t.whoHas.emptyFilter : t.whoHas.empty} /> : null}
      {found.length > 0 ? (
        <table className={css["table"]}>
          <thead>
            <tr>
              <th scope="col">{t.whoHas.file}</th>
              <th scope="col">{t.whoHas.holders}</th>
            </tr>
          </thead>
          <tbody>
            {found.slice(0, MOST).map((held) => (
              <tr key={held.path}>
                <th scope="row">
                  <bdi>{visible(held.path)}</bdi>
                  {held.by.length > 1 ? <span className={css["clash"]}>⚠ {t.whoHas.clash}</span> : null}
                </th>
                <td>
                  {held.by.map((holder) => (
                    <span key={holder.agentId} className={css["holder"]}>
                      <Link href={`/agents/${encodeURIComponent(holder.agentId)}`} title={bare(holder.agentId)}>
                        <Name id={holder.agentId} />
                      </Link>
                      <span className={css["soft"]}>
                        {holder.additions || holder.deletions ? `+${holder.additions} −${holder.deletions} ` : ""}
                        <bdi>{visible(holder.branch)}</bdi> <Ago at={holder.at} />
                      </span>
                    </span>
                  ))}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      ) : null}
    </Page>
  );
}
