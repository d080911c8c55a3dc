/** What lies before the person right now, as far as keys act upon it. */
import { useEffect } from "react";
import { createStore } from "zustand/vanilla";

import { isSame, linkTo, type Row } from "./rows";
import type { Walk } from "./walk";

/** A list that keys move in. */
export interface ListHandle {
  readonly move: (by: 1 | -1) => void;
  readonly open: () => void;
}

/** A row's menu, and where it opens. */
export interface RowMenu {
  readonly row: Row;
  readonly at: Element | null;
}

export interface Scene {
  readonly list: ListHandle | null;
  /** The row that keys are on. */
  readonly row: Row | null;
  /** Rows that were chosen to be acted upon together. */
  readonly selected: readonly Row[];
  /** The message that is open. */
  readonly messageId: string | null;
  readonly agentId: string | null;
  /** All messages that the view shows, for what acts on all. */
  readonly shown: readonly string[];
  /** Whether that is the inbox, of which there is more than the page knows. */
  readonly isInbox: boolean;
  /** Whether what the row stands for is shown beside it. */
  readonly isPeeking: boolean;
  readonly menu: RowMenu | null;
  /** The text of the draft that `c` and `r` open. */
  readonly dialog: Dialog | null;
  /** How far one came in what needs this person. */
  readonly walk: Walk;
}

export type Dialog =
  | { readonly kind: "palette" }
  | { readonly kind: "help" }
  | { readonly kind: "compose"; readonly to: readonly string[] }
  | { readonly kind: "reply"; readonly messageId: string; readonly onlyAuthor: boolean };

export const NOTHING: Scene = {
  list: null,
  row: null,
  selected: [],
  messageId: null,
  agentId: null,
  shown: [],
  isInbox: false,
  isPeeking: false,
  menu: null,
  dialog: null,
  walk: { stops: [], at: -1 },
};

export const scene = createStore<Scene>(() => NOTHING);

export function show(dialog: Dialog | null): void {
  scene.setState({ dialog });
}

/** What is open in the view, as if it were a row. */
function opened({ messageId, agentId }: Scene): Row | null {
  const row: Omit<Row, "href"> | null = messageId ? { kind: "message", id: messageId } : agentId ? { kind: "agent", id: agentId } : null;
  return row ? { ...row, href: linkTo({ ...row, href: "" }) } : null;
}

/** The one thing that keys act upon: the row they are on, else what is open. */
export function targetOf(before: Scene): Row | null {
  return before.row ?? opened(before);
}

/** All that is acted upon: what was selected, else the one. */
export function targetsOf(before: Scene): readonly Row[] {
  const one = targetOf(before);
  return before.selected.length > 0 ? before.selected : one ? [one] : [];
}

export function isSelected({ selected }: Pick<Scene, "selected">, row: Row): boolean {
  return selected.some((each) => isSame(each, row));
}

/** Selects a row, or no longer. */
export function select(row: Row): void {
  const { selected } = scene.getState();
  const rest = selected.filter((each) => !isSame(each, row));
  scene.setState({ selected: rest.length < selected.length ? rest : [...selected, row] });
}

/** Forgets what belonged to the rows of a view that is left. */
export function leaveRows(): void {
  scene.setState({ row: null, selected: [], isPeeking: false, menu: null });
}

/** Says what keys act upon while a view is there. */
export function useScene(part: Partial<Scene>, key: string): void {
  useEffect(() => {
    scene.setState(part);
    return () => {
      const now = scene.getState();
      const gone: Partial<Scene> = {};
      if (part.messageId !== undefined && now.messageId === part.messageId) Object.assign(gone, { messageId: null });
      if (part.agentId !== undefined && now.agentId === part.agentId) Object.assign(gone, { agentId: null });
      if (part.shown !== undefined && now.shown === part.shown) Object.assign(gone, { shown: [] });
      if (part.list !== undefined && now.list === part.list) Object.assign(gone, { list: null });
      scene.setState(gone);
    };
    // The caller names by `key` what the part depends on.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [key]);
}
