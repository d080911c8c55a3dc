/** How it stands with the session of tmux that an agent lives in; nothing of one that lives elsewhere. */
import type { ReactElement } from "react";

import type { Member } from "@/store/entities";
import { t } from "@/text/en";

import css from "./ui.module.css";

export function InTmux({ member: { tmux } }: { readonly member: Member }): ReactElement | null {
  if (!tmux) return null;
  return <span className={tmux === "alive" ? undefined : css["silent"]}>{t.agents.inTmux[tmux] ?? tmux}</span>;
}
