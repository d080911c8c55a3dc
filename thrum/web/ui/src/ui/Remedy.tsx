/** What the daemon says mends something: what stands there between backticks is there to be copied. */
import { Fragment, type ReactElement } from "react";

import { visible } from "@/lib/bidi";

import { CopyButton } from "./Copy";
import css from "./Remedy.module.css";

export function Remedy({ text }: { readonly text: string }): ReactElement {
  return (
    <span className={css["remedy"]} dir="auto">
      {text.split(/`([^`]+)`/).map((part, index) =>
        index % 2 === 0 ? (
          <Fragment key={index}>{visible(part)}</Fragment>
        ) : (
          <span key={index} className={css["command"]}>
            <code>{visible(part)}</code>
            <CopyButton text={part} label={`Copy ${part}`} />
          </span>
        ),
      )}
    </span>
  );
}
