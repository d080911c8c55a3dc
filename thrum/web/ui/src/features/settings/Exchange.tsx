/** How it stands with the exchange: what is wrong with it in the words of git, and doing it now. */
import { useState, type ReactElement } from "react";

import { useDesk } from "@/actions/DoingContext";
import { useAsked } from "@/actions/useAsked";
import { visible } from "@/lib/bidi";
import type { Result } from "@/rpc/client";
import { asRpcError } from "@/rpc/RpcError";
import { useThrum } from "@/store/store";
import { t } from "@/text/en";
import { Ago } from "@/ui/Ago";
import { Failure, Skeleton } from "@/ui/Blank";
import { Button } from "@/ui/Button";
import { CopyButton } from "@/ui/Copy";
import { Facts } from "@/ui/Layout";
import { Remedy } from "@/ui/Remedy";

import css from "./settings.module.css";

type Status = Result<"sync.status">;

export function Exchange(): ReactElement {
  const desk = useDesk();
  const link = useThrum((state) => state.link);
  const told = useThrum((state) => state.sync);
  const [asked, again] = useAsked(`sync ${link} ${JSON.stringify(told)}`, () => desk.call("sync.status", {}));
  // What was there stays while it is asked for anew.
  const [sync, setSync] = useState<Status | null>(null);
  if (asked.state === "there" && asked.value !== sync) setSync(asked.value);
  const [isForcing, setForcing] = useState(false);
  if (asked.state === "failed" && (!sync || !asRpcError(asked.error).isPassing)) return <Failure error={asked.error} onRetry={again} />;
  if (!sync) return <Skeleton rows={2} height={40} />;
  const force = (): void => {
    setForcing(true);
    desk
      .call("sync.force", {})
      .then(
        (done) => desk.toast(done.last_error ? t.settings.notForced : t.settings.forced),
        (thrown: unknown) => desk.toast(asRpcError(thrown).message),
      )
      .finally(() => {
        setForcing(false);
        again();
      });
  };
  return (
    <>
      <Standing sync={sync} />
      {sync.local_only ? null : (
        <p className={css["line"]}>
          <Button disabled={isForcing || link !== "open"} onClick={force}>
            {isForcing ? t.settings.forcing : t.settings.force}
          </Button>
        </p>
      )}
    </>
  );
}

function Standing({ sync }: { readonly sync: Status }): ReactElement {
  const reason = sync.local_only_reason ?? "";
  return (
    <>
      <Facts
        facts={[
          [t.settings.state, sync.local_only ? t.settings.local : (t.settings.states[sync.sync_state] ?? sync.sync_state)],
          [t.settings.last, sync.last_sync_at ? <Ago at={sync.last_sync_at} /> : t.settings.never],
          [t.settings.remote, sync.remote ? <code>{visible(sync.remote)}</code> : ""],
          [t.settings.left, sync.ahead || sync.behind ? t.settings.ahead(sync.ahead ?? 0, sync.behind ?? 0) : ""],
          [t.settings.next, sync.next_try_at && sync.last_error ? <Ago at={sync.next_try_at} /> : ""],
          [t.settings.why, reason ? <Remedy text={reason} /> : ""],
        ]}
      />
      {sync.last_error ? (
        <div className={css["error"]} role="alert">
          <span>⚠ {t.settings.error}</span> <CopyButton text={sync.last_error} />
          <p>
            <Remedy text={sync.last_error} />
          </p>
        </div>
      ) : null}
    </>
  );
}
