/** What the daemon was asked for, with what came of it. */
import { useCallback, useEffect, useState } from "react";

export type Asked<T> =
  | { readonly state: "asking" }
  | { readonly state: "there"; readonly value: T }
  | { readonly state: "failed"; readonly error: unknown };

/** Asks once for each key; `again` asks anew and shows the old answer meanwhile. */
export function useAsked<T>(key: string, ask: () => Promise<T>): readonly [Asked<T>, () => void] {
  const [answers, setAnswers] = useState<{ readonly key: string; readonly asked: Asked<T> }>({ key, asked: { state: "asking" } });
  const [round, setRound] = useState(0);
  useEffect(() => {
    let isCurrent = true;
    ask().then(
      (value) => isCurrent && setAnswers({ key, asked: { state: "there", value } }),
      (error: unknown) => isCurrent && setAnswers({ key, asked: { state: "failed", error } }),
    );
    return () => {
      isCurrent = false;
    };
    // The key names everything that the question depends on.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [key, round]);
  const again = useCallback(() => setRound((count) => count + 1), []);
  return [answers.key === key ? answers.asked : { state: "asking" }, again];
}
