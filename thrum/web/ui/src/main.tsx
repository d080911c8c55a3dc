/** The page: its store, its connection, its views. */
import "@/styles/tokens.css";
import "@/styles/base.css";

import { StrictMode } from "react";
import { createRoot } from "react-dom/client";

import { App } from "@/app/App";
import { beginTheme } from "@/prefs/theme";
import { isTexts, recall } from "@/lib/local";
import { beginTravel } from "@/lib/travel";
import { Link } from "@/socket/Link";
import { Desk } from "@/store/Desk";
import { makeStore, StoreContext } from "@/store/store";

beginTheme();
beginTravel();

const store = makeStore({
  pinned: new Set(recall("thrum-pinned", [], isTexts)),
  parked: new Set(recall("thrum-parked", [], isTexts)),
});
const scheme = location.protocol === "https:" ? "wss" : "ws";
const link: Link = new Link(`${scheme}://${location.host}/ws`, {
  onState: (state) => void desk.linkBecame(state),
  onPushes: (pushes) => desk.looking.take(pushes),
});
const desk = new Desk(store, link);

window.addEventListener("focus", () => link.nudge());
window.addEventListener("online", () => link.nudge());
document.addEventListener("visibilitychange", () => {
  if (document.visibilityState === "visible") link.nudge();
});
window.addEventListener("pagehide", () => void desk.leave());
link.start();

const root = document.getElementById("root");
if (root) {
  createRoot(root).render(
    <StrictMode>
      <StoreContext value={store}>
        <App desk={desk} store={store} onRetry={() => link.nudge()} />
      </StoreContext>
    </StrictMode>,
  );
}
