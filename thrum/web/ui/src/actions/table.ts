/** Everything that can be done, in one table: keys, palette, menus and help are made from it. */
import { closed } from "@/lib/closed";
import { besideOf, putBeside, showBeside } from "@/prefs/beside";
import type { Desk } from "@/store/Desk";
import { inboxRows, isUnread, needs, talkMessages, unreadCount } from "@/store/selectors";
import type { State } from "@/store/state";
import { t } from "@/text/en";

import { agentOf, linkTo, partnerOf, type Row } from "./rows";
import { isSelected, scene, select, show, targetOf, targetsOf, type Scene } from "./scene";
import { step, stopsOf } from "./walk";

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
  /** The browser does it by itself for whatever has the focus. */
  readonly isNative?: boolean;
  /** How it is called in the menu of a row; empty where it would change nothing. */
  readonly onRow?: (row: Row, scene: Scene, state: State) => string;
  /** How it is called for several rows at once. */
  readonly onMany?: string;
  readonly when?: (scene: Scene, state: State) => boolean;
  readonly run: (doing: Doing, scene: Scene) => void;
}

function goTo(id: string, keys: string, label: string, path: string, keywords = ""): Action {
  return { id: `go ${id}`, label, group: "go", keys: [`g ${keys}`], keywords, run: ({ go }) => go(path) };
}

const messageOf = (before: Scene): string | null => {
  const target = targetOf(before);
  return target?.kind === "message" ? target.id : null;
};
const hasMessage = (before: Scene): boolean => messageOf(before) !== null;
const onMessage = (label: string) => (row: Row) => (row.kind === "message" ? label : "");

/** The messages that a row stands for, as far as they came to this person. */
function mailOf(state: State, row: Row): readonly string[] {
  const partner = partnerOf(row);
  if (!partner) return [row.id];
  if (row.kind !== "talk" || !state.me) return [];
  const all = talkMessages(state.order, state.messages, state.me.id, partner.name, partner.isGroup);
  const unread = new Set(inboxRows(state, "unread"));
  return all.filter((id) => unread.has(id));
}

function isNew(state: State, row: Row): boolean {
  return mailOf(state, row).some((id) => {
    const message = state.messages.get(id);
    return message !== undefined && isUnread(state, message);
  });
}

function agentsOf(before: Scene): readonly string[] {
  return targetsOf(before)
    .map(agentOf)
    .filter((id) => id !== null);
}

function walk({ desk, go, state }: Doing, before: Scene, by: 1 | -1): void {
  const all = stopsOf(state());
  const next = step(before.walk, all, targetOf(before), by);
  scene.setState({ walk: next.walk });
  if (next.stop) go(next.stop.path);
  else desk.toast(by === -1 ? t.now.noneBefore : needs(state()).length > 0 ? t.now.nothingElse : t.now.nothing);
}

function compose(before: Scene): void {
  const row = targetOf(before);
  const to = row && row.kind !== "message" ? partnerOf(row)?.name : null;
  show({ kind: "compose", to: to ? [to] : [] });
}

function readOn({ desk, state }: Doing, before: Scene): void {
  const now = state();
  desk.markRead(targetsOf(before).flatMap((row) => mailOf(now, row)), true);
  if (before.selected.length > 0) scene.setState({ selected: [] });
  else before.list?.move(1);
}

function keepUnread({ desk }: Doing, before: Scene): void {
  for (const row of targetsOf(before)) if (row.kind === "message") desk.keepUnread(row.id);
  scene.setState({ selected: [] });
}

function copyLinks({ desk }: Doing, before: Scene): void {
  const links = targetsOf(before).map((row) => `${location.origin}${linkTo(row)}`);
  void navigator.clipboard.writeText(links.join("\n")).then(() => desk.toast(t.app.copied));
}

function reply(before: Scene, onlyAuthor: boolean): void {
  const messageId = messageOf(before);
  if (messageId) show({ kind: "reply", messageId, onlyAuthor });
}

/** What one pins: an agent to the top of its list, what was said beside every view. */
function pin({ desk }: Doing, before: Scene): void {
  const agents = targetsOf(before).filter((row) => row.kind === "agent");
  for (const { id } of agents) desk.pin(id);
  const [row] = targetsOf(before);
  if (agents.length === 0 && row) putBeside(row);
  scene.setState({ selected: [] });
}

function pinLabel(row: Row, state: State): string {
  if (row.kind === "agent") return state.pinned.has(row.id) ? t.now.unpin : t.now.pin;
  return row.kind === "group" ? "" : besideOf(row) ? t.beside.unpin : t.beside.pin;
}

function park({ desk, state }: Doing, before: Scene): void {
  const ids = agentsOf(before);
  for (const id of ids) desk.park(id);
  scene.setState({ selected: [] });
  const parked = ids.filter((id) => state().parked.has(id));
  const undo = (): void => parked.forEach((id) => desk.park(id));
  if (parked.length > 0) desk.toast(t.now.parkedNow(parked.length), undo);
}

function parkLabel(row: Row, state: State): string {
  const id = agentOf(row);
  if (id === null) return "";
  return state.parked.has(id) ? t.now.unpark : t.now.park;
}

function close({ go, path }: Doing, before: Scene): void {
  if (before.isPeeking) scene.setState({ isPeeking: false });
  else if (before.selected.length > 0) scene.setState({ selected: [] });
  else go(closed(path()));
}

function openMenu(before: Scene): void {
  const row = targetOf(before);
  const focused = document.activeElement?.closest("[data-row]");
  const at = focused ?? (row && document.getElementById(row.id)) ?? document.querySelector("main h1");
  if (row) scene.setState({ menu: { row, at } });
}

/** Where one searches already, back to the field with what stands in it. */
function search({ go, path }: Doing): void {
  const field = path().startsWith("/search") ? document.querySelector<HTMLInputElement>("main input[type=search]") : null;
  if (!field) return go("/search");
  field.focus();
  field.select();
}

export const ACTIONS: readonly Action[] = [
  { id: "palette", label: t.app.palette, group: "general", keys: ["Mod+k"], inFields: true, run: () => show({ kind: "palette" }) },
  { id: "search", label: t.views.search, group: "general", keys: ["/"], keywords: "find", run: search },
  { id: "compose", label: t.compose.title, group: "general", keys: ["c"], keywords: "write send new", onRow: (row) => (row.kind === "message" ? "" : t.row.write), run: (_, at) => compose(at) },
  { id: "next", label: "Next that needs you", group: "general", keys: ["n"], keywords: "unread", run: (doing, at) => walk(doing, at, 1) },
  { id: "previous", label: "Previous that needs you", group: "general", keys: ["p"], run: (doing, at) => walk(doing, at, -1) },
  { id: "undo", label: t.app.undo, group: "general", keys: ["z"], when: (_, state) => state.toasts.some((each) => each.undo), run: ({ desk }) => desk.undo() },
  { id: "help", label: t.help.title, group: "general", keys: ["?"], keywords: "shortcuts keyboard help", run: () => show({ kind: "help" }) },
  { id: "beside", label: t.beside.toggle, group: "general", keys: ["b"], keywords: "feed pinned second wide", run: () => showBeside() },
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
  { id: "close", label: "Close what is open", group: "list", keys: ["Esc"], when: (_, state) => state.isLoaded, run: close },
  { id: "read-all", label: t.inbox.readAll, group: "list", keys: ["Shift+E"], when: ({ shown }, state) => shown.length > 0 && unreadCount(state) > 0, run: ({ desk }, { shown, isInbox }) => (isInbox ? desk.markAllRead() : desk.markRead(shown, true)) },
  { id: "open", label: t.row.open, group: "message", keys: ["Enter"], isNative: true, when: ({ row }) => row !== null, onRow: () => t.row.open, run: ({ go }, { row }) => row && go(row.href) },
  { id: "peek", label: t.row.peek, group: "message", keys: ["Space"], keywords: "look preview", when: ({ row }) => row !== null, onRow: () => t.row.peek, run: (_, { isPeeking }) => scene.setState({ isPeeking: !isPeeking }) },
  { id: "reply", label: t.message.reply, group: "message", keys: ["r"], keywords: "answer", when: hasMessage, onRow: onMessage(t.message.reply), run: (_, at) => reply(at, false) },
  { id: "reply-author", label: t.message.replyAuthor, group: "message", keys: ["Shift+R"], when: hasMessage, onRow: onMessage(t.message.replyAuthor), run: (_, at) => reply(at, true) },
  {
    id: "read",
    label: t.row.readOn,
    group: "message",
    keys: ["e"],
    when: (at) => targetsOf(at).some((row) => row.kind === "message" || row.kind === "talk"),
    onRow: (row, _, state) => (isNew(state, row) ? t.row.read : ""),
    onMany: t.row.read,
    run: readOn,
  },
  { id: "keep-unread", label: t.message.keepUnread, group: "message", keys: ["Shift+U"], when: (at) => targetsOf(at).some((row) => row.kind === "message"), onRow: (row, _, state) => (row.kind === "message" && state.inbox.includes(row.id) ? t.message.keepUnread : ""), onMany: t.message.keepUnread, run: keepUnread },
  { id: "select", label: t.row.select, group: "message", keys: ["x"], when: ({ row }) => row !== null, onRow: (row, at) => (isSelected(at, row) ? t.row.deselect : t.row.select), run: (_, { row }) => row && select(row) },
  { id: "pin", label: t.row.pin, group: "message", keys: ["s"], when: (at) => targetsOf(at).some((row) => row.kind !== "group"), onRow: (row, _, state) => pinLabel(row, state), run: pin },
  { id: "park", label: t.row.park, group: "message", keys: ["m"], when: (at) => agentsOf(at).length > 0, onRow: (row, _, state) => parkLabel(row, state), onMany: t.row.park, run: park },
  { id: "link", label: t.message.link, group: "message", keys: ["y"], when: (at) => targetOf(at) !== null, onRow: () => t.message.link, onMany: t.row.links, run: copyLinks },
  { id: "menu", label: t.row.menu, group: "message", keys: ["."], when: (at) => targetOf(at) !== null, run: (_, at) => openMenu(at) },
];

export function actionOf(id: string): Action {
  const found = ACTIONS.find((action) => action.id === id);
  if (!found) throw new Error(`there is no action ${id}`);
  return found;
}

export function canRun(action: Action, state: State): boolean {
  return action.when?.(scene.getState(), state) ?? true;
}

export interface RowChoice {
  readonly id: string;
  readonly label: string;
  readonly keys: string | undefined;
  readonly run: () => void;
}

/** Everything that can be done with a row. */
export function choicesFor(row: Row, doing: Doing): readonly RowChoice[] {
  // What was selected elsewhere is not meant by the menu of this one.
  const before = (): Scene => ({ ...scene.getState(), row, selected: [] });
  return ACTIONS.flatMap((action) => {
    const label = action.onRow?.(row, scene.getState(), doing.state());
    if (!label || action.when?.(before(), doing.state()) === false) return [];
    return [{ id: action.id, label, keys: action.keys[0], run: () => action.run(doing, before()) }];
  });
}
