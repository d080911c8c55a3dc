/** By what one knows how it stands with an agent, since when, and whether it has gone quiet meanwhile. */
import type { ReactElement } from "react";

import { visible } from "@/lib/bidi";
import { exact, moment } from "@/lib/time";
import type { Member } from "@/store/entities";
import { conditionOf } from "@/store/selectors";
import { useThrum } from "@/store/store";
import { t } from "@/text/en";

import { useNow } from "./useNow";
import css from "./ui.module.css";

const SILENT_MS = 5 * 60_000;

/** The moment of which the page tells: now, or when the connection was lost. */
function useAsOf(): number {
  const now = useNow();
  const lostAt = useThrum((state) => (state.link === "open" ? 0 : state.linkSince));
  return lostAt || now;
}

export function Evidence({ member }: { readonly member: Member }): ReactElement | null {
  const now = useAsOf();
  const since = moment(member.since || member.last_seen);
  const heard = moment(member.heard || member.last_seen);
  if (!since) return null;
  const isSilent = conditionOf(member) === "working" && heard > 0 && now - heard > SILENT_MS;
  const tool = visible(member.tool ?? "");
  const isUsed = tool && conditionOf(member) === "working";
  const title = [t.now.evidence[member.evidence], isUsed ? t.now.tool(tool) : "", t.now.heard(exact(heard))].filter(Boolean).join("; ");
  const by = tool || (t.now.by[member.evidence] ?? "");
  return (
    <span className={isSilent ? css["silent"] : css["soft"]} title={title}>
      {isSilent ? t.now.silent(now - heard) : t.now.known(by, now - (isUsed ? heard : since))}
    </span>
  );
}
