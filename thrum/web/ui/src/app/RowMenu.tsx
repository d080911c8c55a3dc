/** The menu of whichever row asked for it, made from the table of actions. */
import type { ReactElement } from "react";
import { useStore } from "zustand";

import { useDoing } from "@/actions/DoingContext";
import { FOCUS, isSame, rowOf } from "@/actions/rows";
import { scene, type RowMenu as Menu } from "@/actions/scene";
import { choicesFor } from "@/actions/table";
import { t } from "@/text/en";
import { Choices } from "@/ui/Menu";

import { Keys } from "./Help";

const close = (): void => scene.setState({ menu: null });

/** The row's link as it is by now: a list may have drawn the row anew. */
function linkOf({ row, at }: Menu): HTMLElement | null {
  const links = [...document.querySelectorAll<HTMLElement>(`main ${FOCUS}`)].filter((link) => {
    const other = rowOf(link.getAttribute("href") ?? "");
    return other !== null && isSame(other, row);
  });
  return links.find((link) => link.closest("[data-row]")?.contains(at)) ?? links[0] ?? null;
}

export function RowMenu(): ReactElement | null {
  const doing = useDoing();
  const menu = useStore(scene, (state) => state.menu);
  if (!menu) return null;
  const choices = choicesFor(menu.row, doing);
  return <Choices key={menu.row.id} label={t.row.actions} choices={choices} anchor={() => menu.at} back={() => linkOf(menu)} onClose={close} keysOf={(keys) => <Keys of={keys} />} />;
}
