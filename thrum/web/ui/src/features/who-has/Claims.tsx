/** What agents have for themselves, beside what they changed: until when, why, and a way to end it. */
import { useState, type ReactElement } from "react";
import { Link } from "wouter";

import { useDesk } from "@/actions/DoingContext";
import { useClaims } from "@/actions/useWork";
import { visible } from "@/lib/bidi";
import { bare } from "@/lib/names";
import { exact, moment, relative } from "@/lib/time";
import { asRpcError, type RpcError } from "@/rpc/RpcError";
import { claimsAt } from "@/store/claims";
import type { Claim } from "@/store/entities";
import { useThrum } from "@/store/store";
import { t } from "@/text/en";
import { Button } from "@/ui/Button";
import { Name } from "@/ui/Name";
import { useNow } from "@/ui/useNow";

import css from "./who-has.module.css";

const PAGE = 100;

/** Those whose path, key, note or holder has what was typed in it. */
function fits({ what, note = "", agent_id }: Claim, query: string): boolean {
  return `${what} ${note} ${bare(agent_id)}`.toLowerCase().includes(query.trim().toLowerCase());
}

export function Claims({ query }: { readonly query: string }): ReactElement | null {
  useClaims();
  const now = useNow();
  const claims = useThrum((state) => state.claims);
  const found = claimsAt(claims, now).filter((claim) => fits(claim, query));
  const [most, setMost] = useState(PAGE);
  if (found.length === 0) return null;
  return (
    <section className={css["claims"]}>
      <h2>{t.claims.title}</h2>
      <table className={css["table"]}>
        <thead>
          <tr>
            <th scope="col">{t.claims.what}</th>
            <th scope="col">{t.claims.by}</th>
          </tr>
        </thead>
        <tbody>
          {found.slice(0, most).map((claim) => (
            <tr key={claim.claim_id}>
              <th scope="row" data-lost={claim.state === "lost" || undefined}>
                <bdi>{visible(claim.what)}</bdi>
              </th>
              <td>
                <span className={css["holder"]}>
                  <Link href={`/agents/${encodeURIComponent(claim.agent_id)}`} title={bare(claim.agent_id)}>
                    <Name id={claim.agent_id} />
                  </Link>
                  {claim.state === "lost" ? (
                    <span className={css["mark"]}>⚠ {t.claims.lost(claims.get(claim.won_by ?? "")?.agent_id ?? "")}</span>
                  ) : (
                    <Standing claim={claim} now={now} />
                  )}
                </span>
                {claim.note ? (
                  <p className={css["note"]} dir="auto">
                    {visible(claim.note)}
                  </p>
                ) : null}
                {claim.state === "lost" ? null : <Releasing claim={claim} />}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      {found.length > most ? (
        <p className={css["field"]}>
          <Button onClick={() => setMost(most + PAGE)}>{t.claims.showMore(found.length - most)}</Button>
        </p>
      ) : null}
    </section>
  );
}

/** How long it lasts, whether others hold it too, whether other clones know, and its end by hand. */
function Standing({ claim, now }: { readonly claim: Claim; readonly now: number }): ReactElement {
  const until = moment(claim.until);
  return (
    <>
      <time className={css["soft"]} dateTime={claim.until} title={exact(until)}>
        {t.claims.until(relative(until, now), until - now)}
      </time>
      {claim.shared ? <span className={css["soft"]}>{t.claims.shared}</span> : null}
      {claim.confirmed ? null : (
        <span className={css["mark"]} title={t.claims.unconfirmedWhy}>
          ⚠ {t.claims.unconfirmed}
        </span>
      )}
    </>
  );
}

function Releasing({ claim }: { readonly claim: Claim }): ReactElement {
  const desk = useDesk();
  /** Null until it was asked once: whoever says no is back where it began. */
  const [isAsking, setAsking] = useState<boolean | null>(null);
  const [refusal, setRefusal] = useState<RpcError | null>(null);
  const name = `${t.claims.release} ${claim.what}`;
  const release = (): void => {
    setRefusal(null);
    desk.call("claim.release", { what: [claim.claim_id] }).then(
      () => desk.toast(t.claims.released(claim.what, bare(claim.agent_id))),
      (thrown: unknown) => setRefusal(asRpcError(thrown)),
    );
  };
  if (!isAsking) {
    return (
      // eslint-disable-next-line jsx-a11y/no-autofocus
      <button type="button" className={css["release"]} aria-label={name} autoFocus={isAsking === false} onClick={() => setAsking(true)}>
        {t.claims.release}
      </button>
    );
  }
  return (
    // eslint-disable-next-line jsx-a11y/no-noninteractive-element-interactions
    <div
      className={css["releasing"]}
      role="group"
      aria-label={name}
      onKeyDown={(event) => {
        if (event.key !== "Escape") return;
        event.preventDefault();
        setAsking(false);
      }}
    >
      <span>{t.claims.sure(bare(claim.agent_id))}</span>
      {/* It came by a click on the button that stood here. */}
      {/* eslint-disable-next-line jsx-a11y/no-autofocus */}
      <Button look="bad" onClick={release} autoFocus>
        {t.claims.release}
      </Button>
      <Button look="quiet" onClick={() => setAsking(false)}>
        {t.app.cancel}
      </Button>
      {refusal ? (
        <span role="alert" className={css["mark"]}>
          {visible(refusal.message)} {visible(refusal.hint)}
        </span>
      ) : null}
    </div>
  );
}
