/** The page does not know whose it is: what to type so that it does. */
import type { ReactElement } from "react";

import { useThrum } from "@/store/store";
import { t } from "@/text/en";
import { Command } from "@/ui/Copy";

import css from "./app.module.css";

export function FirstVisit(): ReactElement {
  const trouble = useThrum((state) => state.trouble);
  const isNameless = trouble?.kind === "not_found";
  return (
    <main className={css["first"]}>
      <h1>{t.first.title}</h1>
      <p>{isNameless ? t.first.nameless : t.first.why}</p>
      {isNameless ? <Command text={t.first.nameCommand} /> : null}
      <Command text={t.first.command} />
      <p className={css["waiting"]} role="status">
        {t.first.waiting}
      </p>
      {trouble ? (
        <details>
          <summary>{t.first.said}</summary>
          <p>
            {trouble.message} {trouble.hint}
          </p>
        </details>
      ) : null}
    </main>
  );
}
