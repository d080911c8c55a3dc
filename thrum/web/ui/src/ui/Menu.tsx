/** A button that opens a list of things to do. */
import * as Ariakit from "@ariakit/react";
import { useState, type ReactElement } from "react";

import { Icon } from "./Icon";
import css from "./ui.module.css";

export interface Choice {
  readonly label: string;
  readonly keys?: string | undefined;
  readonly run: () => void;
}

/** Choices that are costly to know are asked for once it is open. */
export function Menu({ label, choices }: { readonly label: string; readonly choices: readonly Choice[] | (() => readonly Choice[]) }): ReactElement {
  const [isOpen, setOpen] = useState(false);
  const offered = typeof choices !== "function" ? choices : isOpen ? choices() : [];
  return (
    <Ariakit.MenuProvider placement="bottom-end" open={isOpen} setOpen={setOpen}>
      <Ariakit.MenuButton className={css["button"]} data-look="quiet" data-small title={label} aria-label={label}>
        <Icon name="more" size={16} />
      </Ariakit.MenuButton>
      <Ariakit.Menu gutter={4} className={css["menu"]} portal>
        {offered.map((choice) => (
          <Ariakit.MenuItem key={choice.label} className={css["menu-item"]} onClick={choice.run}>
            {choice.label}
            {choice.keys ? <kbd>{choice.keys}</kbd> : null}
          </Ariakit.MenuItem>
        ))}
      </Ariakit.Menu>
    </Ariakit.MenuProvider>
  );
}
