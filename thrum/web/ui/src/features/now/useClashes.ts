/** Files that several agents have changed, by agent: which, and who else. */
import { useMemo } from "react";

import { bare } from "@/lib/names";
import type { State } from "@/store/state";
import { useThrum } from "@/store/store";
import { holders } from "@/store/work";

export interface Clash {
  readonly files: readonly string[];
  readonly others: readonly string[];
}

export function clashesOf(contexts: State["contexts"]): ReadonlyMap<string, Clash> {
  const found = new Map<string, { files: string[]; others: Set<string> }>();
  for (const [path, having] of holders(contexts)) {
    if (having.length < 2) continue;
    for (const { agentId } of having) {
      const mine = found.get(agentId) ?? { files: [], others: new Set<string>() };
      mine.files.push(path);
      for (const other of having) if (other.agentId !== agentId) mine.others.add(bare(other.agentId));
      found.set(agentId, mine);
    }
  }
  return new Map([...found].map(([name, { files, others }]) => [name, { files, others: [...others] }]));
}

export function useClashes(): ReadonlyMap<string, Clash> {
  const contexts = useThrum((state) => state.contexts);
  return useMemo(() => clashesOf(contexts), [contexts]);
}
