/** How it stands with an agent: a shape, a word; colour only says it once more. */
import type { ReactElement } from "react";

import type { Condition as Kind } from "@/store/selectors";
import { t } from "@/text/en";

import css from "./ui.module.css";

const SHAPES: Readonly<Record<Kind, ReactElement>> = {
  blocked: <path d="M6 1 11 11H1z" fill="currentColor" />,
  working: <circle cx="6" cy="6" r="4.5" fill="currentColor" />,
  waiting: (
    <>
      <circle cx="6" cy="6" r="4" fill="none" stroke="currentColor" strokeWidth="1.5" />
      <path d="M6 2a4 4 0 0 1 0 8z" fill="currentColor" />
    </>
  ),
  live: <path d="M6 1.500 10.500 6 6 10.500 1.500 6z" fill="none" stroke="currentColor" strokeWidth="1.5" />,
  idle: <circle cx="6" cy="6" r="4" fill="none" stroke="currentColor" strokeWidth="1.5" />,
  offline: <path d="M2 6h8" stroke="currentColor" strokeWidth="1.5" />,
};

export function Condition({ kind }: { readonly kind: Kind }): ReactElement {
  return (
    <span className={css["condition"]} data-kind={kind}>
      <svg viewBox="0 0 12 12" width="12" height="12" aria-hidden="true">
        {SHAPES[kind]}
      </svg>
      {t.condition[kind]}
    </span>
  );
}
