/** Files that agents have changed and not merged yet, by what is known of their worktrees. */
import type { Context } from "./entities";
import type { State } from "./state";

export interface Changed {
  readonly path: string;
  readonly additions: number;
  readonly deletions: number;
  /** When it was committed last, or else when that was seen. */
  readonly at: string;
  /** Whether there is more of it than the lines that are counted: what is not committed yet. */
  readonly isOpen: boolean;
}

/** All that a context has changed, committed or not, each file once. */
export function changedFiles(context: Context | undefined): readonly Changed[] {
  if (!context) return [];
  const at = context.git_updated_at ?? "";
  const open = new Set(context.uncommitted_files);
  const found = new Map<string, Changed>();
  for (const path of [...(context.changed_files ?? []), ...(context.uncommitted_files ?? [])]) {
    found.set(path, { path, additions: 0, deletions: 0, at, isOpen: open.has(path) });
  }
  for (const change of context.file_changes ?? []) {
    const path = change.path ?? "";
    found.set(path, { path, additions: change.additions ?? 0, deletions: change.deletions ?? 0, at: change.last_modified || at, isOpen: open.has(path) });
  }
  return [...found.values()];
}

export interface Holder extends Changed {
  readonly agentId: string;
  readonly branch: string;
  /** Where its copy of the file is: agents in one worktree have the same. */
  readonly worktree: string;
}

/** Who has changed which file. */
export function holders(contexts: State["contexts"]): ReadonlyMap<string, readonly Holder[]> {
  const found = new Map<string, Holder[]>();
  for (const context of contexts.values()) {
    for (const change of changedFiles(context)) {
      const holder: Holder = { ...change, agentId: context.agent_id, branch: context.branch ?? "", worktree: context.worktree_path || context.agent_id };
      found.set(change.path, [...(found.get(change.path) ?? []), holder]);
    }
  }
  return found;
}
