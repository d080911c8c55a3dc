/** One of the things that a field may mean. */
import { useEffect, useRef, type ReactElement, type ReactNode } from "react";

import css from "./ui.module.css";
import type { Options } from "./useOptions";

interface OptionProps {
  readonly of: Options;
  readonly index: number;
  readonly children: ReactNode;
}

export function Option({ of: { active, activate, pick, optionId }, index, children }: OptionProps): ReactElement {
  const option = useRef<HTMLDivElement>(null);
  const isActive = index === active;
  useEffect(() => {
    if (isActive) option.current?.scrollIntoView({ block: "nearest" });
  }, [isActive]);
  return (
    // Keys are pressed in the field, which keeps the focus.
    // eslint-disable-next-line jsx-a11y/click-events-have-key-events
    <div
      ref={option}
      id={optionId(index)}
      role="option"
      tabIndex={-1}
      aria-selected={isActive}
      className={css["menu-item"]}
      onPointerMove={() => {
        if (!isActive) activate(index);
      }}
      onPointerDown={(event) => event.preventDefault()}
      onMouseDown={(event) => event.preventDefault()}
      onClick={() => pick(index)}
    >
      {children}
    </div>
  );
}
