/** Where a message is written: for whom is always to be seen, and nobody is nobody. */
import { useMemo, useRef, useState, type KeyboardEvent, type ReactElement } from "react";

import { useDesk } from "@/actions/DoingContext";
import { visible } from "@/lib/bidi";
import { mentioned } from "@/lib/mentions";
import { bare } from "@/lib/names";
import type { Params } from "@/rpc/client";
import { asRpcError } from "@/rpc/RpcError";
import type { Message } from "@/store/entities";
import { useThrum } from "@/store/store";
import { t } from "@/text/en";
import { Button } from "@/ui/Button";
import { Icon } from "@/ui/Icon";
import { Name } from "@/ui/Name";

import { addressed, EVERYONE, knownNames, peopleOf, type Known } from "./audience";
import { draftOf, keepDraft } from "./drafts";
import css from "./mail.module.css";
import { NameField } from "./NameField";
import { TextField } from "./TextField";

interface ComposerProps {
  /** Under this the draft is kept. */
  readonly draftKey: string;
  readonly label: string;
  readonly to?: readonly string[];
  /** The message that is answered. */
  readonly parent?: Message;
  readonly onlyAuthor?: boolean;
  /** Speaks for that agent. */
  readonly actingAs?: string;
  /** What is written goes here and nowhere else, so there is nothing to choose. */
  readonly isFixed?: boolean;
  readonly isFocused?: boolean;
  readonly onSent?: () => void;
}

/** Drafts and audiences are somebody's: until it is known whose, there is nothing to write in. */
export function Composer(props: ComposerProps): ReactElement | null {
  const me = useThrum((state) => state.me?.id);
  return me ? <Form {...props} me={me} /> : null;
}

interface FormProps extends ComposerProps {
  readonly me: string;
}

function Form({ me, draftKey, label, to = [], parent, onlyAuthor = false, actingAs, isFixed = false, isFocused = false, onSent }: FormProps): ReactElement {
  const desk = useDesk();
  const isOnline = useThrum((state) => state.link === "open");
  const known = useKnownNames();
  const key = `${me} ${draftKey}`;
  const [begun] = useState(() => draftOf(key));
  const [text, setText] = useState(begun?.text ?? "");
  const [chosen, setChosen] = useState<readonly string[]>(begun?.to ?? (parent ? peopleOf(parent, me, onlyAuthor) : to));
  const [problem, setProblem] = useState("");
  const audience = useMemo(() => addressed(chosen, mentioned(text), known), [chosen, text, known]);
  const isNobody = audience.to.length === 0 && !audience.isEveryone;

  const latest = useRef({ text, to: chosen });
  const isKeeping = useRef(false);

  const change = (next: { text?: string; to?: readonly string[] }): void => {
    const draft = { ...latest.current, ...next };
    latest.current = draft;
    setText(draft.text);
    setChosen(draft.to);
    setProblem("");
    keepDraft(key, draft);
  };
  // The draft goes once the message is written down elsewhere; what was typed meanwhile stays.
  const keep = async (params: Params<"message.send">): Promise<void> => {
    isKeeping.current = true;
    try {
      await desk.send(params);
      const now = latest.current.text;
      change({ text: now.startsWith(text) ? now.slice(text.length) : now });
      if (!isOnline) desk.toast(t.compose.kept);
      onSent?.();
    } catch (thrown) {
      setProblem(asRpcError(thrown).message);
    } finally {
      isKeeping.current = false;
    }
  };
  const send = (): void => {
    if (isKeeping.current) return;
    if (!text.trim()) return setProblem(t.compose.empty);
    if (isNobody) return setProblem(t.compose.nobody);
    const params: Params<"message.send"> = {
      content: text.trim(),
      ...(audience.isEveryone ? { to: EVERYONE } : {}),
      ...(audience.to.length > 0 ? { mentions: [...audience.to] } : {}),
      ...(parent ? { reply_to: parent.message_id } : {}),
      ...(actingAs ? { acting_as: actingAs } : {}),
    };
    void keep(params);
  };
  const sendByKey = (event: KeyboardEvent): void => {
    if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey) || event.nativeEvent.isComposing) return;
    event.preventDefault();
    send();
  };

  return (
    // The keys of the whole form; each thing in it takes them by itself.
    // eslint-disable-next-line jsx-a11y/no-noninteractive-element-interactions
    <form className={css["composer"]} aria-label={label} onKeyDown={sendByKey} onSubmit={(event) => event.preventDefault()}>
      {actingAs ? <p className={css["as"]}>{t.compose.as(actingAs)}</p> : null}
      {isFixed ? null : <ToLine chosen={chosen} named={audience.to} isEveryone={audience.isEveryone} known={known} onChange={(names) => change({ to: names })} isFocused={isFocused && chosen.length === 0} />}
      <TextField value={text} known={known} label={t.compose.body} hint={t.compose.bodyHint} isFocused={isFocused && chosen.length > 0} onChange={(next) => change({ text: next })} />
      <div className={css["composer-foot"]}>
        <p className={css["goes-to"]} data-nobody={isNobody || undefined} aria-live="polite">
          {problem ? <strong>{problem}</strong> : isNobody ? t.compose.nobody : <Goes to={audience.to} isEveryone={audience.isEveryone} />}
          {audience.unknown.length > 0 ? ` ${audience.unknown.map((name) => t.compose.unknown(visible(name))).join(" ")}` : ""}
        </p>
        <Button look="primary" keys="Ctrl Enter" disabled={isNobody || !text.trim()} onClick={send}>
          {t.compose.send}
        </Button>
      </div>
    </form>
  );
}

function useKnownNames(): readonly Known[] {
  const agents = useThrum((state) => state.agents);
  const members = useThrum((state) => state.members);
  const groups = useThrum((state) => state.groups);
  const me = useThrum((state) => state.me);
  return useMemo(() => knownNames({ agents, members, groups, me }), [agents, members, groups, me]);
}

function Goes({ to, isEveryone }: { readonly to: readonly string[]; readonly isEveryone: boolean }): ReactElement {
  if (isEveryone) return <>{t.compose.toEveryone}</>;
  return (
    <>
      {t.compose.goesTo}{" "}
      {to.map((name, index) => (
        <span key={name}>
          {index > 0 ? ", " : ""}
          <Name id={name} />
        </span>
      ))}
    </>
  );
}

interface ToLineProps {
  readonly chosen: readonly string[];
  readonly named: readonly string[];
  readonly isEveryone: boolean;
  readonly known: readonly Known[];
  readonly onChange: (names: readonly string[]) => void;
  readonly isFocused: boolean;
}

function ToLine({ chosen, named, isEveryone, known, onChange, isFocused }: ToLineProps): ReactElement {
  const byText = named.filter((name) => !chosen.includes(name));
  return (
    <div className={css["to-line"]}>
      <span className={css["to-label"]}>{t.compose.to}</span>
      <ul className={css["chips"]}>
        {chosen.map((name) => (
          <li key={name} className={css["chip"]}>
            {name === EVERYONE ? t.compose.everyone : <Name id={name} />}
            <button type="button" aria-label={t.compose.remove(bare(name))} onClick={() => onChange(chosen.filter((each) => each !== name))}>
              <Icon name="close" size={12} />
            </button>
          </li>
        ))}
        {byText.map((name) => (
          <li key={name} className={css["chip"]} data-by-text>
            @<Name id={name} />
          </li>
        ))}
      </ul>
      <NameField known={known.filter((each) => !chosen.includes(each.name))} isFocused={isFocused} label={t.compose.to} hint={t.compose.toHint} onPick={(name) => onChange([...chosen, name])} />
      {isEveryone ? null : (
        <Button look="quiet" onClick={() => onChange([EVERYONE])}>
          {t.compose.everyone}
        </Button>
      )}
    </div>
  );
}
