/** How the daemon is, what does not work, and what mends it. */
import { useEffect, type ReactElement } from "react";

import { useDesk } from "@/actions/DoingContext";
import { useAsked } from "@/actions/useAsked";
import { visible } from "@/lib/bidi";
import { span } from "@/lib/time";
import { asRpcError } from "@/rpc/RpcError";
import type { Loop, ServiceHealth } from "@/store/entities";
import { useThrum } from "@/store/store";
import { t } from "@/text/en";
import { Ago } from "@/ui/Ago";
import { Skeleton } from "@/ui/Blank";
import { Button } from "@/ui/Button";
import { Facts, Head, Page, Section } from "@/ui/Layout";
import { Name } from "@/ui/Name";
import { Remedy } from "@/ui/Remedy";
import { useNow } from "@/ui/useNow";

import { Doctor } from "./Doctor";
import css from "./health.module.css";

const EVERY_MS = 60_000;

export function Health(): ReactElement {
  const desk = useDesk();
  const health = useThrum((state) => state.health);
  const minute = Math.floor(useNow() / EVERY_MS);
  useEffect(() => desk.looking.look("health"), [desk, minute]);
  if (!health) return <Skeleton rows={4} />;
  const isWell = health.status === "ok";
  return (
    <Page>
      <Head title={t.views.health}>
        <p className={isWell ? css["well"] : css["ill"]}>{isWell ? `✓ ${t.health.ok}` : `⚠ ${t.health.degraded}`}</p>
      </Head>
      {health.problems?.length ? (
        <Section title={t.health.problems}>
          <ul className={css["problems"]}>
            {health.problems.map((problem) => (
              <li key={problem}>
                <Remedy text={problem} />
              </li>
            ))}
          </ul>
        </Section>
      ) : null}
      <Loops />
      <Doctor />
      <Section title={t.health.daemon}>
        <Facts
          facts={[
            [t.health.version, health.version],
            [t.health.up, span(health.uptime_ms)],
            [t.health.repository, <bdi key="name">{visible(health.identity.repo_name)}</bdi>],
            [t.health.path, <code key="path">{visible(health.identity.repo_path)}</code>],
            [t.health.machine, health.identity.hostname],
          ]}
        />
      </Section>
      {health.services?.length ? <Services services={health.services} /> : null}
    </Page>
  );
}

function Services({ services }: { readonly services: readonly ServiceHealth[] }): ReactElement {
  return (
    <Section title={t.health.services}>
      <table className={css["services"]}>
        <tbody>
          {services.map((service) => (
            <tr key={service.name}>
              <th scope="row">{service.name}</th>
              <td>{service.state}</td>
              <td>{service.why ? <span className={css["ill"]}><Remedy text={service.why} /></span> : t.health.well}</td>
              <td>{service.crashes ? t.health.crashes(service.crashes) : ""}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </Section>
  );
}

function Loops(): ReactElement | null {
  const desk = useDesk();
  const [asked, again] = useAsked("loops", () => desk.call("loops.list", {}));
  const loops: readonly Loop[] = asked.state === "there" ? asked.value.loops : [];
  if (loops.length === 0) return null;
  const release = (id: string): void => {
    desk.call("loops.release", { id }).then(again, (thrown: unknown) => desk.toast(asRpcError(thrown).message));
  };
  return (
    <Section title={t.health.loops}>
      <ul>
        {loops.map((loop) => (
          <li key={loop.id} className={css["loop"]}>
            <span>
              {loop.parties.map((party, index) => (
                <span key={party}>
                  {index > 0 ? ", " : ""}
                  <Name id={party} />
                </span>
              ))}{" "}
              {loop.stage} <Ago at={loop.since} />
            </span>
            <Button onClick={() => release(loop.id)}>{t.health.release}</Button>
          </li>
        ))}
      </ul>
    </Section>
  );
}
