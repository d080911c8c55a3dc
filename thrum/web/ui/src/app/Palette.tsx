/** Finds whatever has a name: agents first, then views and actions, then groups. */
import { useState, type ReactElement } from "react";

import { useDoing } from "@/actions/DoingContext";
import { scene, show } from "@/actions/scene";
import { ACTIONS, canRun } from "@/actions/table";
import { bare } from "@/lib/names";
import { rank } from "@/lib/rank";
import { useThrum } from "@/store/store";
import { t } from "@/text/en";
import { Option } from "@/ui/Option";
import { useOptions } from "@/ui/useOptions";

import css from "./app.module.css";
import { Keys } from "./Help";

interface Entry {
  readonly key: string;
  readonly label: string;
  readonly kind: string;
  readonly keywords: string;
  readonly keys?: string | undefined;
  /** Agents come first, then what can be done with what lies before one, then the rest. */
  readonly tier: 0 | 1 | 2;
  readonly run: () => void;
}

const MOST = 12;

/** Agents whose name begins so are meant before whatever else fits. */
const WORD = 2;

function useEntries(): readonly Entry[] {
  const doing = useDoing();
  const known = useThrum((state) => state.agents);
  const groups = useThrum((state) => state.groups);
  const agents = [...known.keys()].map<Entry>((id) => ({
    key: `agent ${id}`,
    label: bare(id),
    kind: t.compose.kinds[id.startsWith("user:") ? "person" : "agent"],
    keywords: id,
    tier: 0,
    run: () => doing.go(`/agents/${encodeURIComponent(id)}`),
  }));
  const before = scene.getState();
  const actions = ACTIONS.filter((action) => action.id !== "palette" && canRun(action, doing.state())).map<Entry>((action) => ({
    key: action.id,
    label: action.label,
    kind: t.help[action.group],
    keywords: action.keywords ?? "",
    keys: action.keys[0],
    tier: action.group === "message" ? 1 : 2,
    run: () => action.run(doing, before),
  }));
  const named = [...groups.keys()].map<Entry>((name) => ({
    key: `group ${name}`,
    label: name,
    kind: t.compose.kinds.group,
    keywords: "",
    tier: 2,
    run: () => doing.go(`/groups/${encodeURIComponent(name)}`),
  }));
  return [...agents, ...actions, ...named];
}

/** Empty, it leads on to what needs this person next, then to what can be done here. */
export function firstOnes<T extends Pick<Entry, "key" | "tier">>(entries: readonly T[]): readonly T[] {
  const next = entries.filter((entry) => entry.key === "next");
  const others = entries.filter((entry) => entry.key !== "next" && entry.tier > 0);
  return [...next, ...others.sort((a, b) => a.tier - b.tier)];
}

/** What fits the words, as well as it fits; where several fit alike, by their tier. */
export function fitting<T extends Pick<Entry, "label" | "keywords" | "tier">>(value: string, entries: readonly T[]): readonly T[] {
  const scored = entries.map((entry) => ({ entry, score: rank(value, `${entry.label} ${entry.keywords}`.trim()) }));
  const found = scored.filter((each): each is { entry: T; score: number } => each.score !== null);
  const vague = (score: number): number => Number(score > WORD);
  return found
    .sort((a, b) => vague(a.score) - vague(b.score) || a.entry.tier - b.entry.tier || a.score - b.score)
    .map(({ entry }) => entry);
}

export function Palette(): ReactElement {
  const [value, setValue] = useState("");
  const entries = useEntries();
  const found = (value.trim() ? fitting(value, entries) : firstOnes(entries)).slice(0, MOST);
  const run = (index: number): void => {
    show(null);
    found[index]?.run();
  };
  const options = useOptions({ query: value, count: found.length, isOpen: true, onPick: run });
  return (
    <>
      <input
        className={css["palette-field"]}
        placeholder={t.palette.hint}
        aria-label={t.app.palette}
        value={value}
        // What the dialog was opened for.
        data-autofocus
        onChange={(event) => setValue(event.target.value)}
        {...options.field}
      />
      {found.length > 0 ? (
        <div id={options.listId} role="listbox" className={css["palette-list"]} aria-label={t.app.palette}>
          {found.map((entry, index) => (
            <Option key={entry.key} of={options} index={index}>
              <bdi>{entry.label}</bdi>
              <span className={css["palette-kind"]}>{entry.keys ? <Keys of={entry.keys} /> : entry.kind}</span>
            </Option>
          ))}
        </div>
      ) : (
        <p className={css["palette-none"]}>{t.palette.none}</p>
      )}
    </>
  );
}
