/** A field that completes names and gives back the one that was picked. */
import { useRef, useState, type ReactElement } from "react";

import { bare } from "@/lib/names";
import { ranked } from "@/lib/rank";
import { t } from "@/text/en";
import { Option } from "@/ui/Option";
import { Popup } from "@/ui/Popup";
import { useOptions, type Options } from "@/ui/useOptions";

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
  const [isOpen, setOpen] = useState(false);
  const field = useRef<HTMLInputElement>(null);
  const pick = (index: number): void => {
    const name = found[index]?.name;
    if (name !== undefined) onPick(name);
    setValue("");
    setOpen(false);
  };
  const options = useOptions({ query: value, count: found.length, isOpen, onPick: pick, onOpen: setOpen });
  return (
    <>
      <input
        ref={field}
        className={css["name-field"]}
        aria-label={label}
        placeholder={hint}
        value={value}
        // The field that a dialog was opened for.
        data-autofocus={isFocused || undefined}
        onChange={(event) => {
          setValue(event.target.value);
          setOpen(true);
        }}
        onClick={() => setOpen(true)}
        {...options.field}
      />
      {isOpen ? <Names found={found} options={options} anchor={() => field.current} /> : null}
    </>
  );
}

interface NamesProps {
  readonly found: readonly Known[];
  readonly options: Options;
  readonly anchor: () => Element | null;
}

/** The names that what was typed may mean. */
export function Names({ found, options, anchor }: NamesProps): ReactElement | null {
  if (found.length === 0) return null;
  return (
    <Popup id={options.listId} role="listbox" aria-label={t.compose.suggestions} anchor={anchor}>
      {found.map((each, index) => (
        <Option key={each.name} of={options} index={index}>
          <bdi>{bare(each.name)}</bdi>
          <span className={css["kind"]}>{t.compose.kinds[each.kind]}</span>
        </Option>
      ))}
    </Popup>
  );
}
