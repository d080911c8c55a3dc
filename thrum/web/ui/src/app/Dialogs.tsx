/** The dialogs that keys and buttons open, whatever view is there. */
import { useState, type ReactElement } from "react";
import { useStore } from "zustand";

import { scene, show } from "@/actions/scene";
import { Composer } from "@/mail/Composer";
import { useThrum } from "@/store/store";
import { t } from "@/text/en";
import { Dialog } from "@/ui/Dialog";

import css from "./app.module.css";
import { Help } from "./Help";
import { Palette } from "./Palette";

const close = (): void => show(null);

export function Dialogs(): ReactElement {
  const dialog = useStore(scene, (state) => state.dialog);
  const messages = useThrum((state) => state.messages);
  const [last, setLast] = useState(dialog);
  if (dialog && dialog !== last) setLast(dialog);
  const shown = dialog ?? last;
  const parent = shown?.kind === "reply" ? messages.get(shown.messageId) : undefined;
  const isCompose = dialog?.kind === "compose" || (dialog?.kind === "reply" && parent !== undefined);
  return (
    <>
      <Dialog title={t.app.palette} isOpen={dialog?.kind === "palette"} onClose={close} isBare>
        <Palette />
      </Dialog>
      <Dialog title={t.help.title} isOpen={dialog?.kind === "help"} onClose={close}>
        <Help />
      </Dialog>
      <Dialog title={shown?.kind === "reply" ? t.compose.reply : t.compose.title} isOpen={isCompose} onClose={close}>
        <div className={css["dialog-body"]}>
          {shown?.kind === "reply" && parent ? (
            <Composer draftKey={`reply ${shown.messageId}`} parent={parent} onlyAuthor={shown.onlyAuthor} label={t.compose.reply} isFocused onSent={close} />
          ) : shown?.kind === "compose" ? (
            <Composer draftKey={`new ${shown.to.join(" ")}`} to={shown.to} label={t.compose.title} isFocused onSent={close} />
          ) : null}
        </div>
      </Dialog>
    </>
  );
}
