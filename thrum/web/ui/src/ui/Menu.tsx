/** Things to do, one of which is chosen: by a button that opens them, or wherever else they are asked for. */
import { useEffect, useId, useRef, useState, type KeyboardEvent, type ReactElement, type ReactNode } from "react";

import { Icon } from "./Icon";
import { Popup } from "./Popup";
import css from "./ui.module.css";

export interface Choice {
  readonly label: string;
  readonly keys?: string | undefined;
  readonly run: () => void;
}

/** Letters that come faster are the beginning of one word. */
const TYPING_MS = 500;

interface ChoicesProps {
  readonly id?: string;
  readonly label: string;
  readonly choices: readonly Choice[];
  readonly anchor: () => Element | null | undefined;
  /** What has the focus once it is closed by a key or a choice. */
  readonly back: () => HTMLElement | null | undefined;
  readonly onClose: () => void;
  /** How the key of a choice is written. */
  readonly keysOf?: (keys: string) => ReactNode;
}

/** The open menu. The focus is on one of its choices; it closes as soon as the focus is elsewhere. */
export function Choices({ id, label, choices, anchor, back, onClose, keysOf = (keys) => <kbd>{keys}</kbd> }: ChoicesProps): ReactElement {
  const items = useRef<(HTMLButtonElement | null)[]>([]);
  const typed = useRef({ text: "", at: 0 });
  useEffect(() => items.current[0]?.focus({ preventScroll: true }), []);
  const outside = useRef({ anchor, onClose });
  useEffect(() => {
    outside.current = { anchor, onClose };
  });
  useEffect(() => {
    const press = ({ target }: PointerEvent): void => {
      const isMine = target instanceof Node && (outside.current.anchor()?.contains(target) ?? false);
      const isInside = target instanceof Node && items.current.some((item) => item?.parentElement?.contains(target));
      if (!isMine && !isInside) outside.current.onClose();
    };
    window.addEventListener("pointerdown", press, true);
    return () => window.removeEventListener("pointerdown", press, true);
  }, []);

  const end = (): void => {
    back()?.focus({ preventScroll: true });
    onClose();
  };
  /** The choice that begins with what was typed, from the one that has the focus on. */
  const fitting = (key: string, timeStamp: number, now: number): number => {
    const isNew = timeStamp - typed.current.at > TYPING_MS;
    const text = (isNew ? "" : typed.current.text) + key.toLowerCase();
    typed.current = { text, at: timeStamp };
    const from = text.length > 1 ? now : now + 1;
    const order = choices.map((_, index) => (from + index) % choices.length);
    return order.find((index) => choices[index]?.label.toLowerCase().startsWith(text)) ?? now;
  };
  const press = (event: KeyboardEvent): void => {
    const { key, ctrlKey, metaKey, altKey } = event;
    if (ctrlKey || metaKey || altKey || key === "Enter" || key === " ") return;
    const last = choices.length - 1;
    const now = items.current.findIndex((item) => item === document.activeElement);
    const next: Readonly<Record<string, number>> = { ArrowDown: now < last ? now + 1 : 0, ArrowUp: now > 0 ? now - 1 : last, Home: 0, End: last };
    const to = next[key] ?? (key.length === 1 ? fitting(key, event.timeStamp, now) : undefined);
    if (key.length > 1) typed.current.text = "";
    if (to !== undefined) items.current[to]?.focus();
    else if (key === "Escape" || key === "Tab") end();
    else return;
    event.preventDefault();
    event.stopPropagation();
  };

  return (
    <Popup
      id={id}
      role="menu"
      tabIndex={-1}
      aria-label={label}
      anchor={anchor}
      isAtEnd
      onKeyDown={press}
      onBlur={({ currentTarget, relatedTarget }) => {
        const isMine = currentTarget.contains(relatedTarget) || (anchor()?.contains(relatedTarget) ?? false);
        if (relatedTarget && !isMine) onClose();
      }}
    >
      {choices.map((choice, index) => (
        <button
          key={choice.label}
          ref={(item) => {
            items.current[index] = item;
          }}
          type="button"
          role="menuitem"
          tabIndex={-1}
          className={css["menu-item"]}
          onPointerMove={({ currentTarget }) => currentTarget.focus({ preventScroll: true })}
          onClick={() => {
            // What it does may open something that takes the focus and gives it back.
            end();
            choice.run();
          }}
        >
          {choice.label}
          {choice.keys ? keysOf(choice.keys) : null}
        </button>
      ))}
    </Popup>
  );
}

/** A button that opens a list of things to do. Choices that are costly to know are asked for once it is open. */
export function Menu({ label, choices }: { readonly label: string; readonly choices: readonly Choice[] | (() => readonly Choice[]) }): ReactElement {
  const [isOpen, setOpen] = useState(false);
  const button = useRef<HTMLButtonElement>(null);
  const id = useId();
  return (
    <>
      <button
        ref={button}
        type="button"
        className={css["button"]}
        data-look="quiet"
        data-small
        title={label}
        aria-label={label}
        aria-haspopup="menu"
        aria-expanded={isOpen}
        aria-controls={isOpen ? id : undefined}
        onClick={() => setOpen(!isOpen)}
        onKeyDown={(event) => {
          if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
          event.preventDefault();
          setOpen(true);
        }}
      >
        <Icon name="more" size={16} />
      </button>
      {isOpen ? (
        <Choices id={id} label={label} choices={typeof choices === "function" ? choices() : choices} anchor={() => button.current} back={() => button.current} onClose={() => setOpen(false)} />
      ) : null}
    </>
  );
}
