/** What one may choose, and how it stands with the exchange. */
import { useState, type ReactElement } from "react";
import { useStore } from "zustand";

import { useDesk } from "@/actions/DoingContext";
import { useAsked } from "@/actions/useAsked";
import { visible } from "@/lib/bidi";
import { letters, switchLetters } from "@/prefs/letters";
import { notifying, permission, switchNotifying } from "@/prefs/notifying";
import { chooseTheme, chosenTheme, type Theme } from "@/prefs/theme";
import { asRpcError } from "@/rpc/RpcError";
import { useThrum } from "@/store/store";
import { t } from "@/text/en";
import { Ago } from "@/ui/Ago";
import { Failure, Skeleton } from "@/ui/Blank";
import { Button } from "@/ui/Button";
import { Command } from "@/ui/Copy";
import { Facts, Head, Page, Section } from "@/ui/Layout";
import ui from "@/ui/ui.module.css";

import css from "./settings.module.css";

const THEMES: readonly Theme[] = ["system", "light", "dark"];

export function Settings(): ReactElement {
  const me = useThrum((state) => state.me);
  return (
    <Page>
      <Head title={t.settings.title} />
      <Section title={t.settings.appearance}>
        <ThemeChoice />
      </Section>
      <Section title={t.settings.keys}>
        <Letters />
      </Section>
      <Section title={t.settings.notifications}>
        <Notifications />
      </Section>
      <Section title={t.settings.sync}>
        <Exchange />
      </Section>
      {me ? (
        <Section title={t.settings.you}>
          <Facts
            facts={[
              [t.settings.name, <bdi key="name">{visible(me.display)}</bdi>],
              [t.settings.id, <code key="id">{me.id}</code>],
            ]}
          />
          <p className={css["line"]}>{t.settings.logout}</p>
          <Command text={t.settings.logoutCommand} />
        </Section>
      ) : null}
    </Page>
  );
}

function ThemeChoice(): ReactElement {
  const [theme, setTheme] = useState(chosenTheme);
  return (
    <label className={ui["labelled"]}>
      <span>{t.settings.theme}</span>
      <select
        className={ui["select"]}
        value={theme}
        onChange={(event) => {
          const chosen = THEMES.find((each) => each === event.target.value) ?? "system";
          chooseTheme(chosen);
          setTheme(chosen);
        }}
      >
        {THEMES.map((each) => (
          <option key={each} value={each}>
            {t.settings.themes[each]}
          </option>
        ))}
      </select>
    </label>
  );
}

function Letters(): ReactElement {
  const isOn = useStore(letters);
  return (
    <label className={css["check"]}>
      <input type="checkbox" checked={isOn} onChange={(event) => switchLetters(event.target.checked)} />
      <span>{t.settings.keysText}</span>
    </label>
  );
}

function Notifications(): ReactElement {
  const isOn = useStore(notifying);
  const allowed = permission();
  if (allowed === "none") return <p>{t.settings.notifyNone}</p>;
  return (
    <>
      <label className={css["check"]}>
        <input type="checkbox" checked={isOn} disabled={allowed === "denied"} onChange={(event) => void switchNotifying(event.target.checked)} />
        <span>{t.settings.notify}</span>
      </label>
      {allowed === "denied" ? <p className={css["line"]}>{t.settings.notifyDenied}</p> : null}
      {isOn ? <p className={css["line"]}>{t.settings.notifyOn}</p> : null}
    </>
  );
}

function Exchange(): ReactElement {
  const desk = useDesk();
  const link = useThrum((state) => state.link);
  const [asked, again] = useAsked(`sync ${link}`, () => desk.call("sync.status", {}));
  const [isForcing, setForcing] = useState(false);
  if (asked.state === "asking") return <Skeleton rows={2} height={40} />;
  if (asked.state === "failed") return <Failure error={asked.error} onRetry={again} />;
  const sync = asked.value;
  const force = (): void => {
    setForcing(true);
    desk
      .call("sync.force", {})
      .then(
        () => desk.toast(t.settings.forced),
        (thrown: unknown) => desk.toast(asRpcError(thrown).message),
      )
      .finally(() => {
        setForcing(false);
        again();
      });
  };
  return (
    <>
      <Facts
        facts={[
          [t.settings.state, sync.local_only ? t.settings.local : sync.sync_state],
          [t.settings.last, sync.last_sync_at ? <Ago at={sync.last_sync_at} /> : t.settings.never],
          [t.settings.remote, sync.remote ? <code>{visible(sync.remote)}</code> : ""],
          ["", sync.ahead || sync.behind ? t.settings.ahead(sync.ahead ?? 0, sync.behind ?? 0) : ""],
          [t.settings.error, sync.last_error ? <strong className={css["bad"]}>{visible(sync.last_error)}</strong> : ""],
          ["", sync.local_only_reason ?? ""],
        ]}
      />
      {sync.local_only ? null : (
        <p className={css["line"]}>
          <Button disabled={isForcing || link !== "open"} onClick={force}>
            {t.settings.force}
          </Button>
        </p>
      )}
    </>
  );
}
