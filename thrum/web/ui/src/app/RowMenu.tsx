/** The menu of whichever row asked for it, made from the table of actions. */
import * as Ariakit from "@ariakit/react";
import { useEffect, useState, type ReactElement } from "react";
import { useStore } from "zustand";

import { useDoing } from "@/actions/DoingContext";
import { FOCUS, isSame, rowOf } from "@/actions/rows";
import { scene, type RowMenu as Menu } from "@/actions/scene";
import { choicesFor } from "@/actions/table";
import { t } from "@/text/en";
import ui from "@/ui/ui.module.css";

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
  // While it closes it shows what it showed.
  const [last, setLast] = useState(menu);
  if (menu && menu !== last) setLast(menu);
  const store = Ariakit.useMenuStore({ open: menu !== null, setOpen: (isOpen) => !isOpen && close(), placement: "bottom-end" });
  useEffect(() => {
    if (!menu) return;
    store.setInitialFocus("first");
    store.setAutoFocusOnShow(true);
  }, [menu, store]);
  const shown = menu ?? last;
  if (!shown) return null;
  return (
    <Ariakit.Menu
      store={store}
      modal
      portal
      gutter={4}
      className={ui["menu"]}
      aria-label={t.row.actions}
      finalFocus={linkOf(shown)}
      getAnchorRect={() => shown.at?.getBoundingClientRect() ?? null}
    >
      {menu
        ? choicesFor(menu.row, doing).map((choice) => (
            <Ariakit.MenuItem key={choice.id} className={ui["menu-item"]} onClick={choice.run}>
              {choice.label}
              {choice.keys ? <Keys of={choice.keys} /> : null}
            </Ariakit.MenuItem>
          ))
        : null}
    </Ariakit.Menu>
  );
}
