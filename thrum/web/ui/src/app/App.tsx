/** Everything in its place: what surrounds the views, and which view is there. */
import { lazy, Suspense, useMemo, type ReactElement } from "react";
import { Redirect, Route, Switch, useLocation } from "wouter";
import { useStore } from "zustand";

import { DoingContext } from "@/actions/DoingContext";
import type { Doing } from "@/actions/table";
import { useKeys } from "@/actions/useKeys";
import { useRowFocus } from "@/actions/useRowFocus";
import { Inbox } from "@/features/inbox/Inbox";
import { Now } from "@/features/now/Now";
import { Talk } from "@/features/talk/Talk";
import { letters } from "@/prefs/letters";
import type { Desk } from "@/store/Desk";
import { useThrum, type Store } from "@/store/store";
import { Skeleton } from "@/ui/Blank";

import { Boundary } from "./Boundary";
import { Dialogs } from "./Dialogs";
import { FirstVisit } from "./FirstVisit";
import { RowMenu } from "./RowMenu";
import { Shell } from "./Shell";
import { useNotifications } from "./useNotifications";
import { useTitle } from "./useTitle";

const AgentPage = lazy(() => import("@/features/agents/AgentPage").then((module) => ({ default: module.AgentPage })));
const Feed = lazy(() => import("@/features/feed/Feed").then((module) => ({ default: module.Feed })));
const Groups = lazy(() => import("@/features/groups/Groups").then((module) => ({ default: module.Groups })));
const Health = lazy(() => import("@/features/health/Health").then((module) => ({ default: module.Health })));
const Log = lazy(() => import("@/features/log/Log").then((module) => ({ default: module.Log })));
const Search = lazy(() => import("@/features/search/Search").then((module) => ({ default: module.Search })));
const Settings = lazy(() => import("@/features/settings/Settings").then((module) => ({ default: module.Settings })));
const Timeline = lazy(() => import("@/features/timeline/Timeline").then((module) => ({ default: module.Timeline })));
const WhoHas = lazy(() => import("@/features/who-has/WhoHas").then((module) => ({ default: module.WhoHas })));

interface AppProps {
  readonly desk: Desk;
  readonly store: Store;
  readonly onRetry: () => void;
}

export function App({ desk, store, onRetry }: AppProps): ReactElement {
  const [path, go] = useLocation();
  const doing = useMemo<Doing>(
    () => ({ desk, state: store.getState, go, path: () => location.pathname + location.search }),
    [desk, store, go],
  );
  useKeys(doing, useStore(letters));
  useRowFocus(path.split("/")[1] ?? "");
  useTitle();
  useNotifications(go);
  const isStranger = useThrum((state) => state.access === "stranger");
  return (
    <DoingContext value={doing}>
      {isStranger ? (
        <FirstVisit />
      ) : (
        <Shell onRetry={onRetry}>
          <Views />
        </Shell>
      )}
      <RowMenu />
      <Dialogs />
    </DoingContext>
  );
}

function Views(): ReactElement {
  const [path] = useLocation();
  return (
    <Boundary key={path.split("/")[1]}>
      <Suspense fallback={<Skeleton />}>
        <Switch>
          <Route path="/">
            <Now />
          </Route>
          <Route path="/inbox/:tab?">{({ tab }) => <Inbox tab={tab} />}</Route>
          <Route path="/m/:id">{({ id }) => <Redirect to={`/inbox/all?m=${id}`} replace />}</Route>
          <Route path="/talk/:kind?/:name?">{({ kind, name }) => <Talk kind={kind} name={decoded(name)} />}</Route>
          <Route path="/feed">
            <Feed />
          </Route>
          <Route path="/agents/:name?">{({ name }) => <AgentPage name={decoded(name)} />}</Route>
          <Route path="/groups/:name?">{({ name }) => <Groups name={decoded(name)} />}</Route>
          <Route path="/who-has">
            <WhoHas />
          </Route>
          <Route path="/search">
            <Search />
          </Route>
          <Route path="/log">
            <Log />
          </Route>
          <Route path="/timeline">
            <Timeline />
          </Route>
          <Route path="/health">
            <Health />
          </Route>
          <Route path="/settings">
            <Settings />
          </Route>
          <Route>
            <Redirect to="/" replace />
          </Route>
        </Switch>
      </Suspense>
    </Boundary>
  );
}

function decoded(part: string | undefined): string | undefined {
  try {
    return part === undefined ? undefined : decodeURIComponent(part);
  } catch {
    return part; // a per cent sign of the name's own
  }
}
