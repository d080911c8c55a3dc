/** What cannot be taken back: a button, then the name to be typed, then why it was refused if it was. */
import { useId, useState, type ReactElement } from "react";

import { asRpcError, type RpcError } from "@/rpc/RpcError";
import { t } from "@/text/en";

import { Button } from "./Button";
import css from "./TypedName.module.css";
import ui from "./ui.module.css";

interface TypedNameProps {
  readonly label: string;
  /** What happens, and what to type. */
  readonly ask: string;
  readonly name: string;
  readonly run: () => Promise<void>;
}

export function TypedName({ label, ask, name, run }: TypedNameProps): ReactElement {
  const [isAsking, setAsking] = useState(false);
  const [isRunning, setRunning] = useState(false);
  const [typed, setTyped] = useState("");
  const [refusal, setRefusal] = useState<RpcError | null>(null);
  const field = useId();
  const stop = (): void => {
    setAsking(false);
    setTyped("");
    setRefusal(null);
  };
  const begin = (): void => {
    setRunning(true);
    setRefusal(null);
    run()
      .then(stop, (thrown: unknown) => setRefusal(asRpcError(thrown)))
      .finally(() => setRunning(false));
  };
  if (!isAsking) {
    return (
      <p>
        <Button onClick={() => setAsking(true)}>{label}</Button>
      </p>
    );
  }
  return (
    <form
      className={css["asking"]}
      onSubmit={(event) => {
        event.preventDefault();
        if (typed.trim() === name && !isRunning) begin();
      }}
    >
      <label htmlFor={field}>{ask}</label>
      <input
        id={field}
        className={ui["field"]}
        value={typed}
        autoComplete="off"
        spellCheck={false}
        // It came by a click on the button that stood here.
        // eslint-disable-next-line jsx-a11y/no-autofocus
        autoFocus
        onChange={(event) => setTyped(event.target.value)}
      />
      {refusal ? (
        <p role="alert" className={css["refusal"]}>
          {refusal.message}
          {refusal.hint ? <span> {refusal.hint}</span> : null}
        </p>
      ) : null}
      <p className={css["buttons"]}>
        <Button type="submit" look="bad" disabled={typed.trim() !== name || isRunning}>
          {label}
        </Button>
        <Button look="quiet" onClick={stop}>
          {t.app.cancel}
        </Button>
      </p>
    </form>
  );
}
