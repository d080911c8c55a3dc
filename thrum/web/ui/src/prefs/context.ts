/** Whether those who take part are shown beside what is said, where there is room for them. */
import { createStore } from "zustand/vanilla";

import { isTruth, recall, remember } from "@/lib/local";

const PLACE = "thrum-context";

export const context = createStore<boolean>(() => recall(PLACE, true, isTruth));

export function switchContext(isShown: boolean): void {
  remember(PLACE, isShown);
  context.setState(isShown, true);
}
