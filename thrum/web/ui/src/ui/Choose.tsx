/** One of several, chosen from a list; what it is about is for screen readers, its words say it to all others. */
import type { ReactElement } from "react";

import css from "./Choose.module.css";

interface ChooseProps {
  readonly label: string;
  readonly value: string;
  /** Values and their words. */
  readonly options: readonly (readonly [string, string])[];
  readonly onChoose: (value: string) => void;
}

export function Choose({ label, value, options, onChoose }: ChooseProps): ReactElement {
  return (
    <select className={css["choose"]} aria-label={label} title={label} value={value} onChange={(event) => onChoose(event.target.value)}>
      {options.map(([each, words]) => (
        <option key={each} value={each}>
          {words}
        </option>
      ))}
    </select>
  );
}
