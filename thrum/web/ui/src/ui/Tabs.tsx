/** Links between the parts of a view, each an address of its own. */
import type { ReactElement } from "react";
import { Link } from "wouter";

import css from "./ui.module.css";

export interface Tab {
  readonly href: string;
  readonly label: string;
  readonly count?: number;
  readonly isCurrent: boolean;
}

export function Tabs({ tabs, label }: { readonly tabs: readonly Tab[]; readonly label: string }): ReactElement {
  return (
    <nav className={css["tabs"]} aria-label={label}>
      {tabs.map((tab) => (
        <Link key={tab.href} href={tab.href} className={css["tab"]} aria-current={tab.isCurrent ? "page" : undefined}>
          {tab.label} {tab.count ? <Count of={tab.count} /> : null}
        </Link>
      ))}
    </nav>
  );
}

export function Count({ of, isStrong = false, label }: { readonly of: number; readonly isStrong?: boolean; readonly label?: string }): ReactElement | null {
  if (of <= 0) return null;
  return (
    <span className={css["count"]} data-strong={isStrong || undefined} title={label}>
      {of > 999 ? "999+" : of}
      {label ? <span className="hidden"> {label}</span> : null}
    </span>
  );
}
