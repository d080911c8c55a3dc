/** That a message may be by somebody else, and why; nothing of one that is by whom it says. */
import type { ReactElement } from "react";

import type { Message } from "@/store/entities";
import { t } from "@/text/en";

import css from "./mail.module.css";

export function Doubt({ of }: { readonly of: Pick<Message, "signature" | "signature_why"> | undefined }): ReactElement | null {
  const said = of?.signature ?? "";
  const word = t.message.doubt[said];
  if (!of || !word) return null;
  const why = of.signature_why ?? t.message.noSignature;
  return (
    <span className={css["doubt"]} data-signature={said} title={why}>
      {word}
      <span className="hidden">: {why}</span>
    </span>
  );
}
