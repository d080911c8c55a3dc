/** Says that there is no connection, since when, and what that means. */
import { useEffect, useState, type ReactElement } from "react";

import { clock } from "@/lib/time";
import { useThrum } from "@/store/store";
import { t } from "@/text/en";
import { Button } from "@/ui/Button";
import { useNow } from "@/ui/useNow";

import css from "./app.module.css";

/** What is over within this time is nothing to look up for. */
const BLINK_MS = 500;

/** Whether it has been so for as long. */
function useLasting(is: boolean, ms: number): boolean {
  const [lasting, setLasting] = useState(false);
  useEffect(() => {
    if (!is) return undefined;
    const timer = setTimeout(() => setLasting(true), ms);
    return () => {
      clearTimeout(timer);
      setLasting(false);
    };
  }, [is, ms]);
  return is && lasting;
}

export function Banner({ onRetry }: { readonly onRetry: () => void }): ReactElement | null {
  const link = useThrum((state) => state.link);
  const since = useThrum((state) => state.linkSince);
  const isLoaded = useThrum((state) => state.isLoaded);
  const trouble = useThrum((state) => state.trouble);
  const now = useNow();
  const isDue = useLasting(link !== "open", BLINK_MS);
  if (link !== "open" && !isDue) return null;
  if (link === "open" && !trouble) return null;
  if (link === "connecting" && !since) return null;
  const said =
    link === "silent" ? t.link.silent : link === "lost" ? (isLoaded ? t.link.lost(now - since, clock(since)) : t.link.connecting) : (trouble?.message ?? t.link.connecting);
  return (
    <div className={css["banner"]} role="status">
      <span>
        {said} {link === "open" && trouble?.hint ? trouble.hint : ""}
      </span>
      <Button onClick={onRetry}>{t.link.tryNow}</Button>
    </div>
  );
}
