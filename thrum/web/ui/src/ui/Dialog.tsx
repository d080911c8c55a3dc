/** A dialog that keeps the focus until it is closed, and gives it back then. */
import * as Ariakit from "@ariakit/react";
import type { ReactElement, ReactNode } from "react";

import { t } from "@/text/en";

import { Button } from "./Button";
import css from "./ui.module.css";

interface DialogProps {
  readonly title: string;
  readonly isOpen: boolean;
  readonly onClose: () => void;
  readonly children: ReactNode;
  /** The title is for screen readers only. */
  readonly isBare?: boolean;
}

export function Dialog({ title, isOpen, onClose, children, isBare = false }: DialogProps): ReactElement {
  return (
    <Ariakit.Dialog
      open={isOpen}
      onClose={onClose}
      unmountOnHide
      className={css["dialog"]}
      backdrop={<div className={css["backdrop"]} />}
    >
      {isBare ? (
        <Ariakit.DialogHeading className="hidden">{title}</Ariakit.DialogHeading>
      ) : (
        <div className={css["dialog-head"]}>
          <Ariakit.DialogHeading>{title}</Ariakit.DialogHeading>
          <Button look="quiet" icon="close" isSmall keys="Esc" onClick={onClose}>
            {t.app.close}
          </Button>
        </div>
      )}
      {children}
    </Ariakit.Dialog>
  );
}
