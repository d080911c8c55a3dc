/** A name, kept from turning the direction of what stands around it. */
import type { ReactElement } from "react";

import { visible } from "@/lib/bidi";
import { bare } from "@/lib/names";

import css from "./ui.module.css";

export function Name({ id, title }: { readonly id: string; readonly title?: string }): ReactElement {
  return (
    <bdi className={css["name"]} title={title ?? (id.length > 24 ? id : undefined)}>
      {visible(bare(id))}
    </bdi>
  );
}
