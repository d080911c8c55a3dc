/** What stands where there is nothing to show: why, and what to do next. */
import { useEffect, useState, type ReactElement, type ReactNode } from "react";

import { asRpcError } from "@/rpc/RpcError";
import { t } from "@/text/en";

import { Button } from "./Button";
import { CopyButton } from "./Copy";
import css from "./ui.module.css";

export function Empty({ title, children }: { readonly title: string; readonly children?: ReactNode }): ReactElement {
  return (
    <div className={css["blank"]}>
      <p className={css["blank-title"]}>{title}</p>
      {children}
    </div>
  );
}

/** The shape of rows that are still to come; nothing at all for the first moment. */
export function Skeleton({ rows = 6, height = 64 }: { readonly rows?: number; readonly height?: number }): ReactElement {
  const [isShown, show] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => show(true), 150);
    return () => clearTimeout(timer);
  }, []);
  return (
    <div role="status" aria-label={t.app.loading} className={css["skeleton"]}>
      {isShown
        ? Array.from({ length: rows }, (_, index) => (
            <div key={index} className={css["skeleton-row"]} style={{ height }} aria-hidden="true">
              <span style={{ width: `${20 + ((index * 7) % 15)}%` }} />
              <span style={{ width: `${45 + ((index * 13) % 40)}%` }} />
            </div>
          ))
        : null}
    </div>
  );
}

/** What went wrong, what the daemon says mends it, and a way to try again. */
export function Failure({ error, onRetry }: { readonly error: unknown; readonly onRetry?: () => void }): ReactElement {
  const { message, hint, kind } = asRpcError(error);
  return (
    <div className={css["blank"]} role="alert">
      <p className={css["blank-title"]}>{t.failure.title}</p>
      <p>{message}</p>
      {hint ? <p className={css["soft"]}>{hint}</p> : null}
      <p className={css["buttons"]}>
        {onRetry ? <Button onClick={onRetry}>{t.app.retry}</Button> : null}
        <CopyButton text={`${kind}: ${message}${hint ? `\n${hint}` : ""}`} />
      </p>
    </div>
  );
}
