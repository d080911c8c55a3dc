/** Says that there is no connection, since when, and what that means. */
import type { ReactElement } from "react";

import { useThrum } from "@/store/store";
import { t } from "@/text/en";
import { Button } from "@/ui/Button";
import { useNow } from "@/ui/useNow";

import css from "./app.module.css";

export function Banner({ onRetry }: { readonly onRetry: () => void }): ReactElement | null {
  const link = useThrum((state) => state.link);
  const since = useThrum((state) => state.linkSince);
  const isLoaded = useThrum((state) => state.isLoaded);
  const trouble = useThrum((state) => state.trouble);
  const now = useNow();
  if (link === "open" && !trouble) return null;
  if (link === "connecting" && !since) return null;
  const said =
    link === "silent" ? t.link.silent : link === "lost" ? (isLoaded ? t.link.lost(now - since) : t.link.connecting) : (trouble?.message ?? t.link.connecting);
  return (
    <div className={css["banner"]} role="status">
      <span>
        {said} {link === "open" && trouble?.hint ? trouble.hint : ""}
      </span>
      <Button onClick={onRetry}>{t.link.tryNow}</Button>
    </div>
  );
}
