/** A field that completes names and gives back the one that was picked. */
import * as Ariakit from "@ariakit/react";
import { useState, type ReactElement } from "react";

import { bare } from "@/lib/names";
import { ranked } from "@/lib/rank";
import { t } from "@/text/en";
import ui from "@/ui/ui.module.css";

import type { Known } from "./audience";
import css from "./mail.module.css";

const MOST = 8;

interface NameFieldProps {
  readonly known: readonly Known[];
  readonly label: string;
  readonly hint: string;
  readonly isFocused?: boolean;
  readonly onPick: (name: string) => void;
}

export function NameField({ known, label, hint, isFocused = false, onPick }: NameFieldProps): ReactElement {
  const [value, setValue] = useState("");
  const found = ranked(value.replace(/^@/, ""), known, (each) => bare(each.name)).slice(0, MOST);
  const pick = (name: string): void => {
    onPick(name);
    setValue("");
  };
  return (
    <Ariakit.ComboboxProvider inputValue={value} setInputValue={setValue} resetValueOnHide={false}>
      <Ariakit.Combobox
        className={css["name-field"]}
        aria-label={label}
        placeholder={hint}
        autoSelect="always"
        // The field that a dialog was opened for.
        // eslint-disable-next-line jsx-a11y/no-autofocus
        autoFocus={isFocused}
      />
      <Ariakit.ComboboxPopover gutter={4} className={ui["menu"]} portal aria-label={t.compose.suggestions}>
        {found.map((each) => (
          <NameItem key={each.name} of={each} onPick={pick} />
        ))}
      </Ariakit.ComboboxPopover>
    </Ariakit.ComboboxProvider>
  );
}

export function NameItem({ of, onPick }: { readonly of: Known; readonly onPick: (name: string) => void }): ReactElement {
  return (
    <Ariakit.ComboboxItem value={of.name} setValueOnClick={false} focusOnHover className={ui["menu-item"]} onClick={() => onPick(of.name)}>
      <bdi>{bare(of.name)}</bdi>
      <span className={css["kind"]}>{t.compose.kinds[of.kind]}</span>
    </Ariakit.ComboboxItem>
  );
}
