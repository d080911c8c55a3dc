/** The store: one state, changed by pure functions, read by selectors. */
import { createContext, useContext } from "react";
import { useStore } from "zustand";
import { createStore, type StoreApi } from "zustand/vanilla";

import { INITIAL, type State } from "./state";

export type Store = StoreApi<State>;

export function makeStore(initial: Partial<State> = {}): Store {
  return createStore<State>(() => ({ ...INITIAL, ...initial }));
}

export const StoreContext = createContext<Store | null>(null);

/** What a selector makes of the state; a view is drawn again only when that is another object. */
export function useThrum<T>(selector: (state: State) => T): T {
  const store = useContext(StoreContext);
  if (!store) throw new Error("a view stands outside of the page");
  return useStore(store, selector);
}
