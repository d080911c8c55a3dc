/** A text of somebody, laid out; how to is loaded with the first one. */
import { lazy, Suspense, useState, type ReactElement } from "react";

import { visible } from "@/lib/bidi";
import { t } from "@/text/en";

import { Button } from "./Button";
import css from "./Markdown.module.css";

/** The first part of a text is laid out; the rest is shown as it is, when it is asked for. */
const MOST = 32_768;
const Tree = lazy(() => import("./Tree"));

export function Markdown({ text }: { readonly text: string }): ReactElement {
  const [isWhole, showWhole] = useState(false);
  const first = text.slice(0, MOST);
  const rest = text.slice(MOST);
  return (
    <div className={css["markdown"]} dir="auto">
      <Suspense fallback={<p className={css["plain"]}>{visible(first)}</p>}>
        <Tree text={first} />
      </Suspense>
      {rest && !isWhole ? (
        <p>
          <Button onClick={() => showWhole(true)}>{t.message.showAll(Math.ceil(rest.length / 1024))}</Button>
        </p>
      ) : null}
      {rest && isWhole ? <p className={css["plain"]}>{visible(rest)}</p> : null}
    </div>
  );
}
