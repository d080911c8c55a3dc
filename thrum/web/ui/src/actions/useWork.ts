/** Has the store know on what agents work: asked once with each connection, told of from then on. */
import { useEffect } from "react";

import { useThrum } from "@/store/store";

import { useDesk } from "./DoingContext";

export function useWork(): void {
  const desk = useDesk();
  // Each time that all is asked for anew, this comes anew as well.
  const health = useThrum((state) => state.health);
  useEffect(() => desk.looking.look("work"), [desk, health]);
}
