/** A field with a list of what it may mean: which of them is meant, and the keys that change that. */
import { useId, useState, type AriaAttributes, type HTMLAttributes, type KeyboardEvent } from "react";

interface OptionsOf {
  /** What was typed; with other words, the first that fits is meant again. */
  readonly query: string;
  readonly count: number;
  readonly isOpen: boolean;
  readonly onPick: (index: number) => void;
  /** Says that the list is wanted, or no longer; left out where it is always there. */
  readonly onOpen?: (isOpen: boolean) => void;
}

export interface Options {
  /** The one that Enter takes. */
  readonly active: number;
  readonly listId: string;
  readonly optionId: (index: number) => string;
  readonly activate: (index: number) => void;
  readonly pick: (index: number) => void;
  /** What the field needs to be told of, and to tell. */
  readonly field: AriaAttributes & Pick<HTMLAttributes<HTMLElement>, "role" | "onKeyDown" | "onBlur"> & { readonly autoComplete: "off" };
}

export function useOptions({ query, count, isOpen, onPick, onOpen }: OptionsOf): Options {
  const listId = useId();
  const [chosen, setChosen] = useState({ query, index: 0 });
  const isShown = isOpen && count > 0;
  const active = chosen.query === query && chosen.index < count ? chosen.index : 0;
  const activate = (index: number): void => setChosen({ query, index });
  const optionId = (index: number): string => `${listId}-${index}`;

  const press = (event: KeyboardEvent): void => {
    const { key, ctrlKey, metaKey, altKey, shiftKey } = event;
    if (event.nativeEvent.isComposing || ctrlKey || metaKey || altKey || shiftKey) return;
    const by = { ArrowDown: 1, ArrowUp: -1 }[key];
    if (by !== undefined && isShown) activate((active + by + count) % count);
    else if (by !== undefined && onOpen && count > 0 && isOneLine(event.target)) onOpen(true);
    else if (key === "Enter" && isShown) onPick(active);
    else if (key === "Escape" && isShown && onOpen) onOpen(false);
    else return;
    event.preventDefault();
    event.stopPropagation();
  };

  return {
    active,
    listId,
    optionId,
    activate,
    pick: onPick,
    field: {
      role: "combobox",
      autoComplete: "off",
      "aria-autocomplete": "list",
      "aria-haspopup": "listbox",
      "aria-expanded": isShown,
      ...(isShown ? { "aria-controls": listId, "aria-activedescendant": optionId(active) } : {}),
      onKeyDown: press,
      onBlur: () => onOpen?.(false),
    },
  };
}

/** In a text of several lines, arrows move the cursor. */
function isOneLine(target: EventTarget): boolean {
  return target instanceof HTMLInputElement;
}
