/** How a view is laid out: a list beside what was chosen of it, or one page. */
import type { ReactElement, ReactNode } from "react";
import { Link, useLocation, useSearch } from "wouter";

import { closed } from "@/lib/closed";
import { t } from "@/text/en";

import { Icon } from "./Icon";
import css from "./ui.module.css";

/** On a narrow screen one of the two is there at a time. */
export function Split({ list, detail, isOpen }: { readonly list: ReactNode; readonly detail: ReactNode; readonly isOpen: boolean }): ReactElement {
  const [path] = useLocation();
  const query = useSearch();
  const back = query ? `${path}?${query}` : path;
  return (
    <div className={css["split"]} data-open={isOpen || undefined}>
      <div className={css["split-list"]}>{list}</div>
      <div className={css["split-detail"]}>
        <Link href={closed(back)} className={css["back"]}>
          <Icon name="back" size={16} />
          {t.app.back}
        </Link>
        {detail}
      </div>
    </div>
  );
}

export function Head({ title, children }: { readonly title: ReactNode; readonly children?: ReactNode }): ReactElement {
  return (
    <header className={css["head"]}>
      <h1 tabIndex={-1}>{title}</h1>
      {children}
    </header>
  );
}

export function HeadEnd({ children }: { readonly children: ReactNode }): ReactElement {
  return <div className={css["head-end"]}>{children}</div>;
}

export function Page({ children }: { readonly children: ReactNode }): ReactElement {
  return (
    <div className={css["page"]}>
      <div className={css["page-inner"]}>{children}</div>
    </div>
  );
}

export function Section({ title, children }: { readonly title: ReactNode; readonly children: ReactNode }): ReactElement {
  return (
    <section className={css["section"]}>
      <h2>{title}</h2>
      {children}
    </section>
  );
}

/** Names and what stands for them; what is empty is left out. */
export function Facts({ facts }: { readonly facts: readonly (readonly [string, ReactNode])[] }): ReactElement {
  return (
    <dl className={css["facts"]}>
      {facts
        .filter(([, what]) => what !== "" && what !== undefined && what !== null)
        .map(([name, what]) => (
          <div key={name} style={{ display: "contents" }}>
            <dt>{name}</dt>
            <dd>{what}</dd>
          </div>
        ))}
    </dl>
  );
}
