/** Something to type or paste elsewhere, and a button that copies it. */
import { useState, type ReactElement } from "react";

import { t } from "@/text/en";

import { Button } from "./Button";
import css from "./ui.module.css";

export function CopyButton({ text, label = t.app.copy }: { readonly text: string; readonly label?: string }): ReactElement {
  const [isDone, setDone] = useState(false);
  const copy = (): void => {
    void navigator.clipboard.writeText(text).then(() => {
      setDone(true);
      setTimeout(() => setDone(false), 1_500);
    });
  };
  return (
    <Button look="quiet" icon={isDone ? "check" : "copy"} isSmall onClick={copy} aria-label={isDone ? t.app.copied : label}>
      {isDone ? t.app.copied : label}
    </Button>
  );
}

export function Command({ text }: { readonly text: string }): ReactElement {
  return (
    <p className={css["command"]}>
      <code>{text}</code>
      <CopyButton text={text} />
    </p>
  );
}
