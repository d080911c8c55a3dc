/** What actions and views work with. */
import { createContext, useContext } from "react";

import type { Desk } from "@/store/Desk";

import type { Doing } from "./table";

export const DoingContext = createContext<Doing | null>(null);

export function useDoing(): Doing {
  const doing = useContext(DoingContext);
  if (!doing) throw new Error("a view stands outside of the page");
  return doing;
}

export function useDesk(): Desk {
  return useDoing().desk;
}
