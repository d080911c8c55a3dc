/** What surrounds every view: the way to the others, and how it stands with the connection. */
import type { ReactElement, ReactNode } from "react";
import { Link, useLocation } from "wouter";

import { show } from "@/actions/scene";
import { unreadCount } from "@/store/selectors";
import { useThrum } from "@/store/store";
import { t } from "@/text/en";
import { Button } from "@/ui/Button";
import { Icon } from "@/ui/Icon";
import { Menu } from "@/ui/Menu";
import { Name } from "@/ui/Name";
import { Count } from "@/ui/Tabs";

import css from "./app.module.css";
import { Banner } from "./Banner";
import { Beside, useBeside } from "./Beside";
import { Peek } from "./Peek";
import { FOOT, isAt, PLACES, type Place } from "./places";
import { Selection } from "./Selection";
import { Toasts } from "./Toasts";
import { useNeedCount } from "./useTitle";

export function Shell({ children, onRetry }: { readonly children: ReactNode; readonly onRetry: () => void }): ReactElement {
  const isStale = useThrum((state) => state.link === "lost" || state.link === "silent");
  const hasBeside = useBeside();
  return (
    <div className={css["shell"]} data-beside={hasBeside || undefined}>
      <a href="#page" className={css["skip"]}>
        {t.app.skip}
      </a>
      <Side />
      <TopBar />
      <Banner onRetry={onRetry} />
      <main id="page" className={css["main"]} tabIndex={-1} data-stale={isStale || undefined}>
        {children}
      </main>
      {hasBeside ? <Beside /> : null}
      <Peek />
      <Selection />
      <Foot />
      <Toasts />
    </div>
  );
}

function useBadge(place: Place): ReactElement | null {
  const unread = useThrum(unreadCount);
  const needs = useNeedCount();
  if (place.path === "/inbox") return <Count of={unread} label={t.app.unread(unread)} />;
  if (place.path === "/") return <Count of={needs} isStrong label={t.app.needs(needs)} />;
  return null;
}

function PlaceLink({ place, isShort = false }: { readonly place: Place; readonly isShort?: boolean }): ReactElement {
  const [path] = useLocation();
  const badge = useBadge(place);
  return (
    <Link href={place.path} className={css["place"]} aria-current={isAt(place, path) ? "page" : undefined} title={`${place.label} (${place.keys})`}>
      <Icon name={place.icon} />
      <span className={css["place-label"]}>{isShort ? (place.short ?? place.label) : place.label}</span>
      {badge}
    </Link>
  );
}

function repoName(name: string | undefined): string {
  return name || t.app.name;
}

function Side(): ReactElement {
  const repo = useThrum((state) => repoName(state.health?.identity.repo_name));
  const me = useThrum((state) => state.me);
  return (
    <div className={css["side"]}>
      <p className={css["repo"]} title={repo}>
        <bdi>{repo}</bdi>
      </p>
      <div className={css["side-do"]}>
        <Button look="primary" icon="compose" keys="c" onClick={() => show({ kind: "compose", to: [] })}>
          <span className={css["place-label"]}>{t.app.compose}</span>
        </Button>
        <Button look="quiet" icon="search" isSmall keys="Ctrl K" onClick={() => show({ kind: "palette" })}>
          {t.app.palette}
        </Button>
      </div>
      <nav aria-label={t.app.views} className={css["places"]}>
        {PLACES.map((place) => (
          <PlaceLink key={place.path} place={place} />
        ))}
      </nav>
      {me ? (
        <p className={css["me"]}>
          <span className={css["place-label"]}>
            {t.app.you} <Name id={me.id} />
          </span>
        </p>
      ) : null}
    </div>
  );
}

function TopBar(): ReactElement {
  const repo = useThrum((state) => repoName(state.health?.identity.repo_name));
  const needs = useNeedCount();
  return (
    <div className={css["top"]}>
      <span className={css["repo"]}>
        <bdi>{repo}</bdi>
      </span>
      {needs > 0 ? (
        <Link href="/" className={css["top-needs"]}>
          {t.app.needs(needs)}
        </Link>
      ) : null}
      <Button look="quiet" icon="search" isSmall onClick={() => show({ kind: "palette" })}>
        {t.app.palette}
      </Button>
      <Button look="quiet" icon="compose" isSmall onClick={() => show({ kind: "compose", to: [] })}>
        {t.app.compose}
      </Button>
    </div>
  );
}

function Foot(): ReactElement {
  const [, go] = useLocation();
  return (
    <nav aria-label={t.app.views} className={css["foot"]}>
      {PLACES.filter((place) => FOOT.includes(place.path)).map((place) => (
        <PlaceLink key={place.path} place={place} isShort />
      ))}
      <Menu
        label={t.app.more}
        choices={PLACES.filter((place) => !FOOT.includes(place.path)).map((place) => ({ label: place.label, run: () => go(place.path) }))}
      />
    </nav>
  );
}
