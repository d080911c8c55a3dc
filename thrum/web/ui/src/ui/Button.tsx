/** A button; with a key, it says so on hover and to screen readers. */
import type { ComponentProps, ReactElement } from "react";

import { Icon, type IconName } from "./Icon";
import css from "./ui.module.css";

interface ButtonProps extends ComponentProps<"button"> {
  readonly look?: "plain" | "primary" | "quiet" | "bad";
  readonly icon?: IconName;
  /** The words are for screen readers and the hover only. */
  readonly isSmall?: boolean;
  readonly keys?: string;
}

export function Button({ look = "plain", icon, isSmall = false, keys, children, ...rest }: ButtonProps): ReactElement {
  const words = typeof children === "string" ? children : undefined;
  const title = [isSmall ? words : undefined, keys ? `(${keys})` : undefined].filter(Boolean).join(" ");
  return (
    <button
      type="button"
      className={css["button"]}
      data-look={look}
      data-small={isSmall || undefined}
      title={title || undefined}
      {...rest}
    >
      {icon ? <Icon name={icon} size={16} /> : null}
      {isSmall && icon ? <span className="hidden">{children}</span> : children}
    </button>
  );
}
