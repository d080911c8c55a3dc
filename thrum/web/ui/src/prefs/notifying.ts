/** Whether the desktop is told of what needs this person. */
import { createStore } from "zustand/vanilla";

import { isTruth, recall, remember } from "@/lib/local";

const PLACE = "thrum-notify";

export const notifying = createStore<boolean>(() => recall(PLACE, false, isTruth));

export type Permission = "none" | "default" | "granted" | "denied";

export function permission(): Permission {
  return "Notification" in window ? Notification.permission : "none";
}

/** Asks for leave, which a browser gives only upon a click. */
export async function switchNotifying(isOn: boolean): Promise<void> {
  const isAllowed = isOn && (permission() === "granted" || (await Notification.requestPermission()) === "granted");
  remember(PLACE, isAllowed);
  notifying.setState(isAllowed, true);
}
