/** All keys, from the table that they are bound by. */
import type { ReactElement } from "react";

import { spoken } from "@/actions/chords";
import { ACTIONS } from "@/actions/table";
import { t } from "@/text/en";

import css from "./app.module.css";

const GROUPS = ["general", "go", "list", "message"] as const;
const isMac = navigator.userAgent.includes("Mac");

export function Keys({ of }: { readonly of: string }): ReactElement {
  return (
    <span className={css["keys"]}>
      {spoken(of, isMac)
        .split(" ")
        .map((key, index) => (
          <kbd key={index}>{key}</kbd>
        ))}
    </span>
  );
}

export function Help(): ReactElement {
  return (
    <div className={css["help"]}>
      <p>{t.help.text}</p>
      {GROUPS.map((group) => (
        <section key={group}>
          <h3>{t.help[group]}</h3>
          <dl>
            {ACTIONS.filter((action) => action.group === group).map((action) => (
              <div key={action.id}>
                <dt>{action.label}</dt>
                <dd>
                  {action.keys.map((keys) => (
                    <Keys key={keys} of={keys} />
                  ))}
                </dd>
              </div>
            ))}
          </dl>
        </section>
      ))}
    </div>
  );
}
