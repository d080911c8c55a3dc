/** Files that several agents have changed, by agent: which, and who else. */
import { useMemo } from "react";

import { bare } from "@/lib/names";
import type { State } from "@/store/state";
import { useThrum } from "@/store/store";

export interface Clash {
  readonly files: readonly string[];
  readonly others: readonly string[];
}

export function clashesOf(members: State["members"]): ReadonlyMap<string, Clash> {
  const holders = new Map<string, string[]>();
  for (const member of members.values()) {
    if (!member.session_id) continue;
    for (const change of member.file_changes ?? []) {
      const path = change.path ?? "";
      holders.set(path, [...(holders.get(path) ?? []), member.agent_id]);
    }
  }
  const found = new Map<string, { files: string[]; others: Set<string> }>();
  for (const [path, names] of holders) {
    if (names.length < 2) continue;
    for (const name of names) {
      const mine = found.get(name) ?? { files: [], others: new Set<string>() };
      mine.files.push(path);
      for (const other of names) if (other !== name) mine.others.add(bare(other));
      found.set(name, mine);
    }
  }
  return new Map([...found].map(([name, { files, others }]) => [name, { files, others: [...others] }]));
}

export function useClashes(): ReadonlyMap<string, Clash> {
  const members = useThrum((state) => state.members);
  return useMemo(() => clashesOf(members), [members]);
}
