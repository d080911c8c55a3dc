/** Which agent has changed which file, and where several have changed the same one. */
import { useMemo, useState, type ReactElement } from "react";
import { Link, useSearchParams } from "wouter";

import { useWork } from "@/actions/useWork";
import { visible } from "@/lib/bidi";
import { bare } from "@/lib/names";
import type { State } from "@/store/state";
import { useThrum } from "@/store/store";
import { holders, type Holder } from "@/store/work";
import { t } from "@/text/en";
import { Ago } from "@/ui/Ago";
import { Empty, Skeleton } from "@/ui/Blank";
import { Button } from "@/ui/Button";
import { Head, Page } from "@/ui/Layout";
import { Name } from "@/ui/Name";
import ui from "@/ui/ui.module.css";

import { Claims } from "./Claims";
import css from "./who-has.module.css";

export interface Held {
  readonly path: string;
  readonly by: readonly Holder[];
  /** Whether it was changed in several places, which will have to be merged. */
  readonly isClash: boolean;
}

/** Files and who has changed them; those with a clash first, then by path. */
export function heldFiles(contexts: State["contexts"], members: State["members"]): readonly Held[] {
  const place = ({ agentId, worktree }: Holder): string => `${members.get(agentId)?.hostname ?? ""} ${worktree}`;
  return [...holders(contexts)]
    .map(([path, by]) => ({ path, by, isClash: new Set(by.map(place)).size > 1 }))
    .sort((a, b) => Number(b.isClash) - Number(a.isClash) || a.path.localeCompare(b.path));
}

const PAGE = 300;

export function WhoHas(): ReactElement {
  const [params, setParams] = useSearchParams();
  const query = params.get("q") ?? "";
  useWork();
  const contexts = useThrum((state) => state.contexts);
  const members = useThrum((state) => state.members);
  const isLoaded = useThrum((state) => state.isLoaded);
  const [most, setMost] = useState(PAGE);
  const all = useMemo(() => heldFiles(contexts, members), [contexts, members]);
  const words = query.trim().toLowerCase();
  const found = all.filter(({ path, by }) => path.toLowerCase().includes(words) || by.some(({ agentId }) => bare(agentId).toLowerCase().includes(words)));
  const clashes = found.filter((held) => held.isClash).length;
  return (
    <Page>
      <Head title={t.views.whoHas}>
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
      {isLoaded ? <Claims query={query} /> : null}
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
            {found.slice(0, most).map((held) => (
              <tr key={held.path}>
                <th scope="row">
                  <bdi>{visible(held.path)}</bdi>
                  {held.isClash ? <span className={css["clash"]}>⚠ {t.whoHas.clash}</span> : null}
                </th>
                <td>
                  {held.by.map((holder) => (
                    <HolderLine key={holder.agentId} holder={holder} />
                  ))}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      ) : null}
      {found.length > most ? (
        <p className={css["field"]}>
          <Button onClick={() => setMost(most + PAGE)}>{t.whoHas.showMore(found.length - most)}</Button>
        </p>
      ) : null}
    </Page>
  );
}

/** Who has it, on which branch, how much of it, since when. */
function HolderLine({ holder }: { readonly holder: Holder }): ReactElement {
  const { agentId, branch, additions, deletions, isOpen, at } = holder;
  return (
    <span className={css["holder"]}>
      <Link href={`/agents/${encodeURIComponent(agentId)}`} title={bare(agentId)}>
        <Name id={agentId} />
      </Link>
      <span className={css["soft"]}>
        <bdi>{visible(branch)}</bdi>
      </span>
      <span className={css["soft"]}>{t.whoHas.extent(additions, deletions, isOpen)}</span>
      {isOpen ? null : <Ago at={at} />}
    </span>
  );
}
