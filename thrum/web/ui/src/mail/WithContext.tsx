/** What is said, and beside it the agents that take part: folded away, or in a drawer where there is little room. */
import * as Ariakit from "@ariakit/react";
import { useState, type ReactElement, type ReactNode } from "react";
import { Link } from "wouter";
import { useStore } from "zustand";

import { context, switchContext } from "@/prefs/context";
import { useThrum } from "@/store/store";
import { t } from "@/text/en";
import { Button } from "@/ui/Button";
import { Name } from "@/ui/Name";
import { useMedia } from "@/ui/useMedia";

import { AgentFacts } from "./AgentFacts";
import css from "./mail.module.css";

/** More of them are named only. */
const MOST = 8;

interface WithContextProps {
  /** Whoever takes part; only agents have anything to show. */
  readonly names: readonly string[];
  /** What is said, given the button that shows the agents. */
  readonly children: (button: ReactNode) => ReactNode;
}

export function WithContext({ names, children }: WithContextProps): ReactElement {
  const members = useThrum((state) => state.members);
  const agents = names.filter((name) => members.has(name));
  const hasRoom = useMedia("(width >= 1440px)");
  const isKept = useStore(context);
  const [isOpen, setOpen] = useState(false);
  const isBeside = hasRoom && isKept;
  const button =
    agents.length > 0 ? (
      <Button look="quiet" icon="agents" isSmall aria-expanded={hasRoom ? isBeside : isOpen} onClick={() => (hasRoom ? switchContext(!isKept) : setOpen(true))}>
        {t.message.context}
      </Button>
    ) : null;
  return (
    <div className={css["with-context"]}>
      <div className={css["said-part"]}>{children(button)}</div>
      {agents.length > 0 && isBeside ? (
        <aside className={css["context"]} aria-label={t.message.context}>
          <Agents names={agents} />
        </aside>
      ) : null}
      <Ariakit.Dialog open={isOpen && !hasRoom} onClose={() => setOpen(false)} unmountOnHide className={css["drawer"]} backdrop={<div className={css["behind"]} />}>
        <div className={css["drawer-head"]}>
          <Ariakit.DialogHeading>{t.message.context}</Ariakit.DialogHeading>
          <Button look="quiet" icon="close" isSmall keys="Esc" onClick={() => setOpen(false)}>
            {t.app.close}
          </Button>
        </div>
        <Agents names={agents} />
      </Ariakit.Dialog>
    </div>
  );
}

function Agents({ names }: { readonly names: readonly string[] }): ReactElement {
  return (
    <ul className={css["context-list"]}>
      {names.slice(0, MOST).map((name) => (
        <li key={name}>
          <Link href={`/agents/${encodeURIComponent(name)}`} className={css["author"]}>
            <Name id={name} />
          </Link>
          <AgentFacts id={name} />
        </li>
      ))}
      {names.length > MOST ? <li>+{names.length - MOST}</li> : null}
    </ul>
  );
}
