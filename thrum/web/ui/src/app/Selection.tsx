/** What was selected, and what can be done with all of it at once. */
import type { ReactElement } from "react";
import { useStore } from "zustand";

import { useDoing } from "@/actions/DoingContext";
import { scene } from "@/actions/scene";
import { ACTIONS } from "@/actions/table";
import { t } from "@/text/en";
import { Button } from "@/ui/Button";

import css from "./app.module.css";

export function Selection(): ReactElement | null {
  const doing = useDoing();
  const selected = useStore(scene, (state) => state.selected);
  if (selected.length === 0) return null;
  const offered = ACTIONS.filter((action) => action.onMany && action.when?.(scene.getState(), doing.state()) !== false);
  return (
    <div className={css["selection"]} role="region" aria-label={t.row.selectedCount(selected.length)} data-above-rows>
      <strong role="status">{t.row.selectedCount(selected.length)}</strong>
      {offered.map((action) => (
        <Button key={action.id} look="quiet" keys={action.keys[0] ?? ""} onClick={() => action.run(doing, scene.getState())}>
          {action.onMany}
        </Button>
      ))}
      <Button look="quiet" icon="close" isSmall keys="Esc" onClick={() => scene.setState({ selected: [] })}>
        {t.app.close}
      </Button>
    </div>
  );
}
