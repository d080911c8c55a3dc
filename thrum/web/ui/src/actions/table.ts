/** Everything that can be done, in one table: keys, palette, menus and help are made from it. */
import { closed } from "@/lib/closed";
import type { Desk } from "@/store/Desk";
import { needs, unreadCount } from "@/store/selectors";
import type { State } from "@/store/state";
import { t } from "@/text/en";

import { scene, show, type Scene } from "./scene";

export interface Doing {
  readonly desk: Desk;
  readonly state: () => State;
  readonly go: (path: string) => void;
  readonly path: () => string;
}

export interface Action {
  readonly id: string;
  readonly label: string;
  readonly group: keyof Pick<typeof t.help, "general" | "go" | "list" | "message">;
  readonly keys: readonly string[];
  readonly keywords?: string;
  /** Whether it also acts while a field is in use. */
  readonly inFields?: boolean;
  readonly when?: (scene: Scene, state: State) => boolean;
  readonly run: (doing: Doing, scene: Scene) => void;
}

function goTo(id: string, keys: string, label: string, path: string, keywords = ""): Action {
  return { id: `go ${id}`, label, group: "go", keys: [`g ${keys}`], keywords, run: ({ go }) => go(path) };
}

const hasMessage = ({ messageId }: Scene): boolean => messageId !== null;

/** The next thing that waits for this person, then the next unread message. */
export function nextNeed(state: State, at: string | null, by: 1 | -1): string | null {
  const waiting = needs(state)
    .map((need) => need.messageId)
    .filter((id) => id !== undefined);
  const unread = [...state.inbox].reverse().filter((id) => state.messages.get(id)?.is_read === false);
  const all = [...new Set([...waiting, ...unread])];
  if (all.length === 0) return null;
  const index = at === null ? -1 : all.indexOf(at);
  if (index < 0) return all[by === 1 ? 0 : all.length - 1] ?? null;
  return all[index + by] ?? null;
}

function walk({ desk, go, state }: Doing, { messageId }: Scene, by: 1 | -1): void {
  const id = nextNeed(state(), messageId, by);
  if (id === null) desk.toast(t.now.nothing);
  else go(`/inbox/all?m=${id}`);
}

function compose({ agentId }: Scene): void {
  show({ kind: "compose", to: agentId ? [agentId] : [] });
}

function readOn({ desk }: Doing, { messageId, list }: Scene): void {
  if (messageId) desk.markRead([messageId], true);
  list?.move(1);
}

function copyLink({ desk }: Doing, { messageId }: Scene): void {
  const link = `${location.origin}/m/${messageId ?? ""}`;
  void navigator.clipboard.writeText(link).then(() => desk.toast(t.app.copied));
}

function reply({ messageId }: Scene, onlyAuthor: boolean): void {
  if (messageId) show({ kind: "reply", messageId, onlyAuthor });
}

export const ACTIONS: readonly Action[] = [
  { id: "palette", label: t.palette.title, group: "general", keys: ["Mod+k"], inFields: true, run: () => show({ kind: "palette" }) },
  { id: "search", label: t.views.search, group: "general", keys: ["/"], keywords: "find", run: ({ go }) => go("/search") },
  { id: "compose", label: t.compose.title, group: "general", keys: ["c"], keywords: "write send new", run: (_, at) => compose(at) },
  { id: "next", label: "Next that needs you", group: "general", keys: ["n"], keywords: "unread", run: (doing, at) => walk(doing, at, 1) },
  { id: "previous", label: "Previous that needs you", group: "general", keys: ["p"], run: (doing, at) => walk(doing, at, -1) },
  { id: "undo", label: t.app.undo, group: "general", keys: ["z"], when: (_, state) => state.toasts.some((each) => each.undo), run: ({ desk }) => desk.undo() },
  { id: "help", label: t.help.title, group: "general", keys: ["?"], keywords: "shortcuts keyboard help", run: () => show({ kind: "help" }) },
  goTo("now", "n", t.views.now, "/"),
  goTo("inbox", "i", t.views.inbox, "/inbox", "mail unread"),
  goTo("talk", "c", t.views.talk, "/talk", "chat threads"),
  goTo("feed", "f", t.views.feed, "/feed", "live all messages"),
  goTo("agents", "a", t.views.agents, "/agents", "team people"),
  goTo("groups", "g", t.views.groups, "/groups"),
  goTo("who-has", "w", t.views.whoHas, "/who-has", "files conflicts"),
  goTo("log", "l", t.views.log, "/log", "history past"),
  goTo("timeline", "t", t.views.timeline, "/timeline", "sessions lanes"),
  goTo("health", "h", t.views.health, "/health", "doctor daemon status"),
  goTo("settings", "s", t.views.settings, "/settings", "theme notifications sync dark light"),
  { id: "down", label: "Next row", group: "list", keys: ["j", "ArrowDown"], when: ({ list }) => list !== null, run: (_, { list }) => list?.move(1) },
  { id: "up", label: "Previous row", group: "list", keys: ["k", "ArrowUp"], when: ({ list }) => list !== null, run: (_, { list }) => list?.move(-1) },
  { id: "close", label: "Close what is open", group: "list", keys: ["Esc"], when: (_, state) => state.isLoaded, run: ({ go, path }) => go(closed(path())) },
  { id: "read-all", label: t.inbox.readAll, group: "list", keys: ["Shift+E"], when: ({ shown }, state) => shown.length > 0 && unreadCount(state) > 0, run: ({ desk }, { shown }) => desk.markRead(shown, true) },
  { id: "reply", label: t.message.reply, group: "message", keys: ["r"], keywords: "answer", when: hasMessage, run: (_, at) => reply(at, false) },
  { id: "reply-author", label: t.message.replyAuthor, group: "message", keys: ["Shift+R"], when: hasMessage, run: (_, at) => reply(at, true) },
  { id: "read", label: "Mark as read, and on to the next", group: "message", keys: ["e"], when: hasMessage, run: readOn },
  { id: "keep-unread", label: t.message.keepUnread, group: "message", keys: ["Shift+U"], when: hasMessage, run: ({ desk }, { messageId }) => messageId && desk.keepUnread(messageId) },
  { id: "link", label: t.message.link, group: "message", keys: ["y"], when: hasMessage, run: copyLink },
  { id: "pin", label: `${t.now.pin} or unpin the agent`, group: "message", keys: ["s"], when: ({ agentId }) => agentId !== null, run: ({ desk }, { agentId }) => agentId && desk.pin(agentId) },
  { id: "park", label: `${t.now.park} or bring back the agent`, group: "message", keys: ["m"], when: ({ agentId }) => agentId !== null, run: ({ desk }, { agentId }) => agentId && desk.park(agentId) },
];

export function actionOf(id: string): Action {
  const found = ACTIONS.find((action) => action.id === id);
  if (!found) throw new Error(`there is no action ${id}`);
  return found;
}

export function canRun(action: Action, state: State): boolean {
  return action.when?.(scene.getState(), state) ?? true;
}
