/** Who worked when, as a picture, with the same in a table. */
import { useState, type ReactElement } from "react";
import { Link, useSearchParams } from "wouter";

import { useDesk } from "@/actions/DoingContext";
import { useAsked } from "@/actions/useAsked";
import { visible } from "@/lib/bidi";
import { isPerson } from "@/lib/names";
import { exact, moment } from "@/lib/time";
import { useThrum } from "@/store/store";
import { t } from "@/text/en";
import { Ago } from "@/ui/Ago";
import { Empty, Failure, Skeleton } from "@/ui/Blank";
import { Button } from "@/ui/Button";
import { Choose } from "@/ui/Choose";
import { Head, Page } from "@/ui/Layout";
import { Name } from "@/ui/Name";
import { useNow } from "@/ui/useNow";

import { lanesOf, ticks, type Lane } from "./lanes";
import css from "./timeline.module.css";

const HOUR = 3_600_000;
/** A bar that is narrower, in per cent of its lane, has no room for words. */
const LEGIBLE = 8;
/** Where a label has no room to the right of its mark: on a narrow screen, on any. */
const LATE = 85;
const TOO_LATE = 95;
/** The daemon is asked for so many sessions at first, and for twice as many by whoever looks further back. */
const FIRST = 500;

export function Timeline(): ReactElement {
  const desk = useDesk();
  const [params, setParams] = useSearchParams();
  const hours = Number(Object.keys(t.timeline.ranges).find((each) => each === params.get("hours")) ?? "24");
  const now = useNow();
  const began = useThrum((state) => [...state.members.values()].map((each) => each.session_id ?? "").join(" "));
  const [most, setMost] = useState(FIRST);
  const [asked, again] = useAsked(`sessions ${began} ${most}`, () => desk.call("session.list", { limit: most }));
  const from = now - hours * HOUR;
  const oldest = asked.state === "there" && asked.value.sessions.length >= most ? asked.value.sessions.at(-1) : undefined;
  const isCut = moment(oldest?.started_at) > from;
  const lanes = asked.state === "there" ? lanesOf(asked.value.sessions.filter((each) => !isPerson(each.agent_id)), from, now) : [];
  return (
    <Page>
      <Head title={t.views.timeline}>
        <Choose label={t.timeline.range} value={String(hours)} options={Object.entries(t.timeline.ranges)} onChoose={(value) => setParams({ hours: value })} />
      </Head>
      <p className={css["about"]}>{t.timeline.text}</p>
      {asked.state === "asking" ? <Skeleton rows={6} height={32} /> : null}
      {asked.state === "failed" ? <Failure error={asked.error} onRetry={again} /> : null}
      {asked.state === "there" && lanes.length === 0 ? <Empty title={t.timeline.empty} /> : null}
      {lanes.length > 0 ? (
        <>
          <Picture lanes={lanes} from={from} to={now} />
          <Table lanes={lanes} />
        </>
      ) : null}
      {isCut ? (
        <p className={css["about"]}>
          {t.timeline.most(most)} <Button onClick={() => setMost(2 * most)}>{t.timeline.further}</Button>
        </p>
      ) : null}
    </Page>
  );
}

function Picture({ lanes, from, to }: { readonly lanes: readonly Lane[]; readonly from: number; readonly to: number }): ReactElement {
  const share = (at: number): number => ((Math.min(Math.max(at, from), to) - from) / (to - from)) * 100;
  return (
    <div className={css["picture"]} aria-hidden="true">
      <div className={css["scale"]}>
        {ticks(from, to).map((tick) => (
          <span key={tick.at} style={{ left: `${share(tick.at)}%` }} data-late={share(tick.at) > LATE || undefined}>
            {share(tick.at) > TOO_LATE ? "" : tick.label}
          </span>
        ))}
      </div>
      {lanes.map((lane) => (
        <div key={lane.agentId} className={css["lane"]}>
          <span className={css["lane-name"]}>
            <Name id={lane.agentId} />
          </span>
          <div className={css["lane-bars"]}>
            {lane.bars.map((bar) => (
              <span
                key={bar.id}
                className={css["bar"]}
                data-open={bar.isOpen || undefined}
                title={`${exact(bar.from)} – ${bar.isOpen ? t.timeline.still : exact(bar.to)}${bar.intent ? `\n${bar.intent}` : ""}`}
                style={{ left: `min(${share(bar.from)}%, 100% - 6px)`, width: `max(6px, ${share(bar.to) - share(bar.from)}%)` }}
              >
                {bar.intent && share(bar.to) - share(bar.from) >= LEGIBLE ? visible(bar.intent) : ""}
              </span>
            ))}
          </div>
        </div>
      ))}
    </div>
  );
}

function Table({ lanes }: { readonly lanes: readonly Lane[] }): ReactElement {
  return (
    <details className={css["twin"]}>
      <summary>{t.timeline.table}</summary>
      <table>
        <thead>
          <tr>
            <th scope="col">{t.timeline.agent}</th>
            <th scope="col">{t.timeline.began}</th>
            <th scope="col">{t.timeline.ended}</th>
            <th scope="col">{t.timeline.intent}</th>
          </tr>
        </thead>
        <tbody>
          {lanes.flatMap((lane) =>
            lane.bars.map((bar) => (
              <tr key={bar.id}>
                <th scope="row">
                  <Link href={`/agents/${encodeURIComponent(lane.agentId)}`}>
                    <Name id={lane.agentId} />
                  </Link>
                </th>
                <td>
                  <Ago at={bar.from} />
                </td>
                <td>{bar.isOpen ? t.timeline.still : <Ago at={bar.to} />}</td>
                <td dir="auto">{visible(bar.intent)}</td>
              </tr>
            )),
          )}
        </tbody>
      </table>
    </details>
  );
}
