/** Whether letters act as keys; whoever dictates switches that off. */
import { createStore } from "zustand/vanilla";

import { isTruth, recall, remember } from "@/lib/local";

const PLACE = "thrum-letters";

export const letters = createStore<boolean>(() => recall(PLACE, true, isTruth));

export function switchLetters(isOn: boolean): void {
  remember(PLACE, isOn);
  letters.setState(isOn, true);
}
