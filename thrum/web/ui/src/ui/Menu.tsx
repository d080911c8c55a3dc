/** A button that opens a list of things to do. */
import * as Ariakit from "@ariakit/react";
import type { ReactElement } from "react";

import { Icon } from "./Icon";
import css from "./ui.module.css";

export interface Choice {
  readonly label: string;
  readonly keys?: string | undefined;
  readonly run: () => void;
}

export function Menu({ label, choices }: { readonly label: string; readonly choices: readonly Choice[] }): ReactElement {
  return (
    <Ariakit.MenuProvider placement="bottom-end">
      <Ariakit.MenuButton className={css["button"]} data-look="quiet" data-small title={label} aria-label={label}>
        <Icon name="more" size={16} />
      </Ariakit.MenuButton>
      <Ariakit.Menu gutter={4} className={css["menu"]} portal>
        {choices.map((choice) => (
          <Ariakit.MenuItem key={choice.label} className={css["menu-item"]} onClick={choice.run}>
            {choice.label}
            {choice.keys ? <kbd>{choice.keys}</kbd> : null}
          </Ariakit.MenuItem>
        ))}
      </Ariakit.Menu>
    </Ariakit.MenuProvider>
  );
}
