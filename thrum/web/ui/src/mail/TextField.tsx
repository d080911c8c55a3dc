/** The text of a message: Enter is a new line, `@` completes names. */
import { useRef, useState, type ReactElement } from "react";

import { completing } from "@/lib/mentions";
import { bare } from "@/lib/names";
import { ranked } from "@/lib/rank";
import { useOptions } from "@/ui/useOptions";

import { EVERYONE, type Known } from "./audience";
import css from "./mail.module.css";
import { Names } from "./NameField";

const MOST = 8;

interface TextFieldProps {
  readonly value: string;
  readonly known: readonly Known[];
  readonly label: string;
  readonly hint: string;
  readonly isFocused?: boolean;
  readonly onChange: (value: string) => void;
}

export function TextField({ value, known, label, hint, isFocused = false, onChange }: TextFieldProps): ReactElement {
  const field = useRef<HTMLTextAreaElement>(null);
  /** The beginning of a name that stands before the cursor. */
  const [query, setQuery] = useState<string | null>(null);
  const names = known.filter((each) => each.name !== EVERYONE);
  const found = ranked(query ?? "", names, (each) => bare(each.name)).slice(0, MOST);

  const begun = (): ReturnType<typeof completing> => {
    const element = field.current;
    return element ? completing(element.value, element.selectionStart) : null;
  };
  const typed = (text: string): void => {
    onChange(text);
    setQuery(begun()?.query ?? null);
  };
  const pick = (index: number): void => {
    const [element, now, name] = [field.current, begun(), found[index]?.name];
    if (!element || !now || name === undefined) return;
    const written = `@${bare(name)} `;
    const end = element.selectionStart;
    onChange(`${value.slice(0, now.start)}${written}${value.slice(end)}`);
    setQuery(null);
    requestAnimationFrame(() => {
      element.focus();
      element.setSelectionRange(now.start + written.length, now.start + written.length);
    });
  };
  const options = useOptions({ query: query ?? "", count: found.length, isOpen: query !== null, onPick: pick, onOpen: (isOpen) => !isOpen && setQuery(null) });

  return (
    <>
      <textarea
        ref={field}
        className={css["text"]}
        rows={3}
        placeholder={hint}
        dir="auto"
        value={value}
        aria-label={label}
        // The field that a dialog was opened for; said so, the dialog knows of it.
        data-autofocus={isFocused || undefined}
        onChange={(event) => typed(event.target.value)}
        onPointerDown={() => setQuery(null)}
        {...options.field}
      />
      {query === null ? null : <Names found={found} options={options} anchor={() => field.current} />}
    </>
  );
}
