/** What lies before the person right now, as far as keys act upon it. */
import { useEffect } from "react";
import { createStore } from "zustand/vanilla";

/** A list that keys move in. */
export interface ListHandle {
  readonly move: (by: 1 | -1) => void;
  readonly open: () => void;
}

export interface Scene {
  readonly list: ListHandle | null;
  /** The message that is open, or in the row that keys are on. */
  readonly messageId: string | null;
  readonly agentId: string | null;
  /** All messages that the view shows, for what acts on all. */
  readonly shown: readonly string[];
  /** The text of the draft that `c` and `r` open. */
  readonly dialog: Dialog | null;
}

export type Dialog =
  | { readonly kind: "palette" }
  | { readonly kind: "help" }
  | { readonly kind: "compose"; readonly to: readonly string[] }
  | { readonly kind: "reply"; readonly messageId: string; readonly onlyAuthor: boolean };

const NOTHING: Scene = { list: null, messageId: null, agentId: null, shown: [], dialog: null };

export const scene = createStore<Scene>(() => NOTHING);

export function show(dialog: Dialog | null): void {
  scene.setState({ dialog });
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
