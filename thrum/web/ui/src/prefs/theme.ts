/** Light or dark, as the system has it unless somebody chose. */
import { recall, remember } from "@/lib/local";

export type Theme = "system" | "light" | "dark";

const PLACE = "thrum-ui-theme";
const isTheme = (thing: unknown): thing is Theme => thing === "system" || thing === "light" || thing === "dark";

export function chosenTheme(): Theme {
  return recall<Theme>(PLACE, "system", isTheme);
}

function wear(theme: Theme): void {
  if (theme === "system") delete document.documentElement.dataset["theme"];
  else document.documentElement.dataset["theme"] = theme;
}

export function chooseTheme(theme: Theme): void {
  remember(PLACE, theme);
  wear(theme);
}

export function beginTheme(): void {
  wear(chosenTheme());
}
