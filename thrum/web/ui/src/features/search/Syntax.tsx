/** What can be looked for, and how that is written; each way is a button that writes it. */
import type { ReactElement } from "react";

import { t } from "@/text/en";

import css from "./search.module.css";

/** As on the command line; each kind with the text that says what it does. */
const PIECES: readonly (readonly [keyof typeof t.search.syntax, readonly string[]])[] = [
  ["words", ["two words", '"a phrase"', "begin*"]],
  ["without", ["-without", "this OR that"]],
  ["who", ["from:me", "to:me", "group:", "role:"]],
  ["when", ["after:7d", "before:2026-01-31"]],
  ["has", ["has:unread", "has:reply", "has:structured"]],
  ["where", ["in:message", "in:context", "in:snapshot", "thread:"]],
];

export function Syntax({ onPick }: { readonly onPick: (piece: string) => void }): ReactElement {
  return (
    <dl className={css["syntax"]}>
      {PIECES.map(([kind, pieces]) => (
        <div key={kind}>
          <dt>
            {pieces.map((piece) => (
              <button key={piece} type="button" className={css["piece"]} onClick={() => onPick(piece)}>
                {piece}
              </button>
            ))}
          </dt>
          <dd>{t.search.syntax[kind]}</dd>
        </div>
      ))}
    </dl>
  );
}
