/** The text of a message: Enter is a new line, `@` completes names. */
import * as Ariakit from "@ariakit/react";
import { useRef, type ReactElement } from "react";

import { completing } from "@/lib/mentions";
import { bare } from "@/lib/names";
import { ranked } from "@/lib/rank";
import { t } from "@/text/en";
import ui from "@/ui/ui.module.css";

import { EVERYONE, type Known } from "./audience";
import css from "./mail.module.css";
import { NameItem } from "./NameField";

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
  const combobox = Ariakit.useComboboxStore();
  const query = Ariakit.useStoreState(combobox, "inputValue");
  const names = known.filter((each) => each.name !== EVERYONE);
  const found = ranked(query, names, (each) => bare(each.name)).slice(0, MOST);

  const begun = (): ReturnType<typeof completing> => {
    const element = field.current;
    return element ? completing(element.value, element.selectionStart) : null;
  };
  const typed = (text: string): void => {
    onChange(text);
    const now = begun();
    combobox.setInputValue(now?.query ?? "");
    if (now) combobox.show();
    else combobox.hide();
  };
  const pick = (name: string): void => {
    const element = field.current;
    const now = begun();
    if (!element || !now) return;
    const written = `@${bare(name)} `;
    const end = element.selectionStart;
    onChange(`${value.slice(0, now.start)}${written}${value.slice(end)}`);
    combobox.hide();
    requestAnimationFrame(() => {
      element.focus();
      element.setSelectionRange(now.start + written.length, now.start + written.length);
    });
  };

  return (
    <>
      <Ariakit.Combobox
        store={combobox}
        autoSelect
        value={value}
        showOnClick={false}
        showOnChange={false}
        showOnKeyPress={false}
        setValueOnChange={false}
        aria-label={label}
        // The field that a dialog was opened for; said here, the dialog knows of it.
        // eslint-disable-next-line jsx-a11y/no-autofocus
        autoFocus={isFocused}
        render={
          <textarea
            ref={field}
            className={css["text"]}
            rows={3}
            placeholder={hint}
            dir="auto"
            onChange={(event) => typed(event.target.value)}
            onPointerDown={() => combobox.hide()}
          />
        }
      />
      <Ariakit.ComboboxPopover store={combobox} hidden={found.length === 0} gutter={4} className={ui["menu"]} portal unmountOnHide aria-label={t.compose.suggestions}>
        {found.map((each) => (
          <NameItem key={each.name} of={each} onPick={pick} />
        ))}
      </Ariakit.ComboboxPopover>
    </>
  );
}
