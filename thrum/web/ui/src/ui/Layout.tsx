/** How a view is laid out: a list beside what was chosen of it, or one page. */
import { useLayoutEffect, useRef, type ReactElement, type ReactNode, type RefObject } from "react";
import { Link, useLocation, useSearch } from "wouter";

import { FOCUS } from "@/actions/rows";
import { closed } from "@/lib/closed";
import { forget, note, returnedTo } from "@/lib/travel";
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

interface PageProps {
  readonly children: ReactNode;
  /** It makes use of all the room there is. */
  readonly isWide?: boolean;
}

/** Comes back to where one was, as soon as there is enough of the page for that. */
function useReturn(): RefObject<HTMLDivElement | null> {
  const frame = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    const element = frame.current;
    const path = location.pathname;
    const spot = returnedTo("page", path);
    if (!element) return undefined;
    if (!spot) forget("page", path);
    const go = (): void => {
      element.scrollTop = spot?.top ?? 0;
      const link = spot?.active ? element.querySelector<HTMLElement>(`${FOCUS}[href="${CSS.escape(spot.active)}"]`) : null;
      if (document.activeElement === document.body) link?.focus({ preventScroll: true });
      if (Math.abs(element.scrollTop - (spot?.top ?? 0)) < 2 && (link ?? !spot?.active)) observer.disconnect();
    };
    const observer = new ResizeObserver(go);
    if (spot && element.firstElementChild) observer.observe(element.firstElementChild);
    const stop = (): void => observer.disconnect();
    const write = (): void => {
      const active = document.activeElement?.closest(FOCUS)?.getAttribute("href");
      note("page", { top: element.scrollTop, ...(active ? { active } : {}) }, path);
    };
    for (const event of ["wheel", "touchstart", "keydown"]) element.addEventListener(event, stop);
    for (const event of ["scroll", "focusin"]) element.addEventListener(event, write);
    return stop;
  }, []);
  return frame;
}

export function Page({ children, isWide = false }: PageProps): ReactElement {
  return (
    // Whoever has no pointer scrolls it by keys.
    // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex
    <div ref={useReturn()} className={css["page"]} tabIndex={0}>
      <div className={css["page-inner"]} data-wide={isWide || undefined}>
        {children}
      </div>
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
