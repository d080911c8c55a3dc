/** When: short to read, exact on hover and for machines. */
import type { ReactElement } from "react";

import { exact, moment, relative } from "@/lib/time";

import { useNow } from "./useNow";
import css from "./ui.module.css";

export function Ago({ at }: { readonly at: string | number | undefined }): ReactElement | null {
  const now = useNow();
  const ms = typeof at === "number" ? at : moment(at);
  if (!ms) return null;
  return (
    <time className={css["ago"]} dateTime={new Date(ms).toISOString()} title={exact(ms)}>
      {relative(ms, Math.max(now, 0))}
    </time>
  );
}
