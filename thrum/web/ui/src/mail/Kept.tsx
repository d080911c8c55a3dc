/** What was written here and the daemon has not yet: to be seen, and to be had back. */
import type { ReactElement } from "react";

import { useDesk } from "@/actions/DoingContext";
import type { Kept as What } from "@/outbox/Kept";
import { t } from "@/text/en";
import { Button } from "@/ui/Button";

import css from "./mail.module.css";
import { gist } from "./MessageRow";

export function KeptRow({ kept }: { readonly kept: What }): ReactElement {
  const desk = useDesk();
  return (
    <div className={css["kept"]} data-state={kept.state}>
      <p dir="auto">{gist(kept.params.content)}</p>
      <p>
        <strong>{t.delivery[kept.state]}</strong> {kept.reason ?? ""}{" "}
        {kept.state === "failed" ? (
          <>
            <Button look="quiet" onClick={() => void desk.retry(kept.key)}>
              {t.compose.retry}
            </Button>
            <Button look="quiet" onClick={() => void desk.discard(kept.key)}>
              {t.compose.discard}
            </Button>
          </>
        ) : null}
      </p>
    </div>
  );
}
