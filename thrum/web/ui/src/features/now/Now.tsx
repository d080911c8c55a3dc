/** Who is doing what, who is stuck, and what waits for this person. */
import { useState, type ReactElement } from "react";
import { Link } from "wouter";

import { useScene, type ListHandle } from "@/actions/scene";
import { steadyPlaces, type Steady } from "@/lib/order";
import type { Member } from "@/store/entities";
import { agentSlots, byCondition, conditionOf, CONDITIONS, needs } from "@/store/selectors";
import { useThrum } from "@/store/store";
import { t } from "@/text/en";
import { Empty, Skeleton } from "@/ui/Blank";
import { Button } from "@/ui/Button";
import { Command } from "@/ui/Copy";
import { Head, Page } from "@/ui/Layout";
import ui from "@/ui/ui.module.css";
import { useHeld, useSteady } from "@/ui/useSteady";

import { AgentRow } from "./AgentRow";
import { NeedRow } from "./NeedRow";
import css from "./now.module.css";

/** More than anybody answers before looking again; the rest is a number. */
const MOST_NEEDS = 40;

/** Moves the focus among the rows of the page, whatever they are. */
const handle: ListHandle = {
  move: (by) => {
    const rows = [...document.querySelectorAll<HTMLElement>("main [data-row-focus]")];
    const at = rows.findIndex((row) => row === document.activeElement);
    rows[at < 0 ? 0 : Math.min(Math.max(at + by, 0), rows.length - 1)]?.focus();
  },
  open: () => {
    if (document.activeElement instanceof HTMLElement) document.activeElement.click();
  },
};

/** What came to wait meanwhile would move all that stands below it. */
function withoutNew(shown: readonly string[], now: readonly string[]): Steady {
  const there = new Set(now);
  const left = shown.filter((key) => there.has(key));
  return { ids: left.length === shown.length ? shown : left, moved: now.length - left.length };
}

export function Now(): ReactElement {
  const members = useThrum((state) => state.members);
  const pinned = useThrum((state) => state.pinned);
  const parked = useThrum((state) => state.parked);
  const isLoaded = useThrum((state) => state.isLoaded);
  const monitors = useThrum((state) => state.monitors);
  const waiting = useThrum(needs);
  const [isOfflineShown, showOffline] = useState(false);
  const { isHeld, handlers } = useHeld();
  useScene({ list: handle }, "now");

  const slots = agentSlots(members, pinned);
  const there = slots.filter((each) => !parked.has(each.agent_id));
  const by = byCondition(there);
  const key = `${isLoaded} ${[...pinned].join(" ")} ${[...parked].join(" ")}`;
  const places = useSteady(
    there.filter((each) => !by.offline.includes(each)).map((each) => each.agent_id),
    isHeld,
    key,
    (shown, now) => steadyPlaces(shown, now, (id) => members.has(id) && !parked.has(id)),
  );
  const present = places.ids.map((id) => members.get(id)).filter((each) => each !== undefined);
  const gone = by.offline.filter((each) => !present.includes(each));
  const asked = useSteady(waiting.map((need) => need.key), isHeld, key, withoutNew);
  const shownNeeds = waiting.filter((need) => asked.ids.includes(need.key));
  const isDense = present.length > 12;
  const anchorOf = (member: Member): string | undefined => (by[conditionOf(member)][0] === member ? conditionOf(member) : undefined);

  return (
    <Page isWide>
      <div {...handlers}>
      {places.moved + asked.moved > 0 ? (
        <div className={css["pill-place"]}>
          <button
            type="button"
            className={ui["pill"]}
            onClick={() => {
              places.release();
              asked.release();
            }}
          >
            {[asked.moved > 0 ? t.now.moreNeeds(asked.moved) : "", places.moved > 0 ? t.row.moved(places.moved) : ""].filter(Boolean).join(", ")}
          </button>
        </div>
      ) : null}
      <Head title={t.views.now}>
        {isLoaded && slots.length > 0 ? (
          <p className={css["counts"]}>
            <a href="#needs" data-strong={waiting.length > 0 || undefined}>
              {waiting.length > 0 ? t.now.count.needs(waiting.length) : t.now.nothing}
            </a>
            {CONDITIONS.filter((kind) => by[kind].length > 0).map((kind) => (
              <a key={kind} href={`#${kind}`}>
                {t.now.count[kind](by[kind].length)}
              </a>
            ))}
            <span data-strong={monitors.dead !== undefined || undefined}>{t.now.monitors(monitors)}</span>
          </p>
        ) : null}
      </Head>
      {!isLoaded ? <Skeleton rows={6} height={72} /> : null}
      {shownNeeds.length > 0 ? (
        <section id="needs" className={css["needs"]} aria-label={t.now.needsYou}>
          <h2>{t.now.needsYou}</h2>
          <ul>
            {shownNeeds.slice(0, MOST_NEEDS).map((need) => (
              <NeedRow key={need.key} need={need} />
            ))}
          </ul>
          {shownNeeds.length > MOST_NEEDS ? (
            <p>
              <Link href="/inbox/mentions">{t.now.furtherNeeds(shownNeeds.length - MOST_NEEDS)}</Link>
            </p>
          ) : null}
        </section>
      ) : null}
      {isLoaded && slots.length === 0 ? (
        <Empty title={t.now.emptyTitle}>
          <p>{t.now.emptyText}</p>
          <Command text={t.now.emptyCommand} />
        </Empty>
      ) : null}
      {present.length > 0 ? (
        <section aria-label={t.now.agents} className={css["agents"]} data-dense={isDense || undefined}>
          <h2>{t.now.agents}</h2>
          <ul>
            {present.map((member) => (
              <AgentRow key={member.agent_id} member={member} isDense={isDense} anchor={anchorOf(member)} />
            ))}
          </ul>
        </section>
      ) : null}
      {parked.size > 0 ? (
        <section aria-label={t.now.parked} className={css["agents"]} data-dense>
          <h2>{t.now.parked}</h2>
          <ul>
            {slots
              .filter((each) => parked.has(each.agent_id))
              .map((member) => (
                <AgentRow key={member.agent_id} member={member} isDense />
              ))}
          </ul>
        </section>
      ) : null}
      {gone.length > 0 ? (
        <section id="offline" aria-label={t.now.offline} className={css["agents"]} data-dense>
          <Button look="quiet" aria-expanded={isOfflineShown} onClick={() => showOffline(!isOfflineShown)}>
            {t.now.showOffline(gone.length)}
          </Button>
          {isOfflineShown ? (
            <ul>
              {gone.map((member) => (
                <AgentRow key={member.agent_id} member={member} isDense />
              ))}
            </ul>
          ) : null}
        </section>
      ) : null}
      </div>
    </Page>
  );
}
