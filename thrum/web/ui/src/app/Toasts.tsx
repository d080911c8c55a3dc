/** Short words of what was done, with a way to take it back. */
import type { ReactElement } from "react";

import { useDesk } from "@/actions/DoingContext";
import { useThrum } from "@/store/store";
import { t } from "@/text/en";
import { Button } from "@/ui/Button";

import css from "./app.module.css";

export function Toasts(): ReactElement {
  const desk = useDesk();
  const toasts = useThrum((state) => state.toasts);
  return (
    <div role="status" className={css["toasts"]} data-above-rows>
      {toasts.map((toast) => (
        <div key={toast.id} className={css["toast"]}>
          <span>{toast.text}</span>
          {toast.undo ? (
            <Button
              look="quiet"
              keys="z"
              onClick={() => {
                toast.undo?.();
                desk.dismiss(toast.id);
              }}
            >
              {t.app.undo}
            </Button>
          ) : null}
          <Button look="quiet" icon="close" isSmall onClick={() => desk.dismiss(toast.id)}>
            {t.app.dismiss}
          </Button>
        </div>
      ))}
    </div>
  );
}
