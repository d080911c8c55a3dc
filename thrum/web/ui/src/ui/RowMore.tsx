/** The small button of a row: everything that can be done with it. One menu serves all of them. */
import { memo, type ReactElement } from "react";

import { rowAround } from "@/actions/rows";
import { scene } from "@/actions/scene";
import { t } from "@/text/en";

import { Icon } from "./Icon";
import css from "./ui.module.css";

export const RowMore = memo(function RowMore({ isSelected = false }: { readonly isSelected?: boolean }): ReactElement {
  return (
    <>
      {isSelected ? <span className="hidden">{t.row.selected}</span> : null}
      <button
        type="button"
        className={css["row-more"]}
        title={`${t.row.actions} (.)`}
        aria-label={t.row.actions}
        aria-haspopup="menu"
        onClick={(event) => {
          const at = event.currentTarget;
          const row = rowAround(at);
          if (scene.getState().menu?.at === at) scene.setState({ menu: null });
          else if (row) scene.setState({ row, menu: { row, at } });
        }}
      >
        <Icon name="more" size={16} />
      </button>
    </>
  );
});
