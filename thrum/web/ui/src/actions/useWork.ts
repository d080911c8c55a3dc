/** Has the store know on what agents work, and what they hold: asked once with each connection, told of from then on. */
import { useEffect } from "react";

import { useThrum } from "@/store/store";

import { useDesk } from "./DoingContext";

function useAskedOnce(what: "work" | "claims"): void {
  const desk = useDesk();
  // Each time that all is asked for anew, this comes anew as well.
  const health = useThrum((state) => state.health);
  useEffect(() => desk.looking.look(what), [desk, health, what]);
}

export function useWork(): void {
  useAskedOnce("work");
}

export function useClaims(): void {
  useAskedOnce("claims");
}
