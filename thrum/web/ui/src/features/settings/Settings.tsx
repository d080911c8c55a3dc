/** What one may choose, and how it stands with the exchange. */
import { useState, type ReactElement } from "react";
import { Link } from "wouter";
import { useStore } from "zustand";

import { visible } from "@/lib/bidi";
import { span } from "@/lib/time";
import { letters, switchLetters } from "@/prefs/letters";
import { notifying, permission, switchNotifying } from "@/prefs/notifying";
import { chooseTheme, chosenTheme, type Theme } from "@/prefs/theme";
import { useThrum } from "@/store/store";
import { t } from "@/text/en";
import { Choose } from "@/ui/Choose";
import { Command } from "@/ui/Copy";
import { Facts, Head, Page, Section } from "@/ui/Layout";

import { Exchange } from "./Exchange";
import css from "./settings.module.css";

const THEMES: readonly Theme[] = ["system", "light", "dark"];

export function Settings(): ReactElement {
  const me = useThrum((state) => state.me);
  const health = useThrum((state) => state.health);
  return (
    <Page>
      <Head title={t.views.settings} />
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
      {health ? (
        <Section title={t.health.daemon}>
          <Facts
            facts={[
              [t.settings.state, <Link key="state" href="/health">{health.status === "ok" ? t.health.ok : t.health.degraded}</Link>],
              [t.health.version, health.version],
              [t.health.up, span(health.uptime_ms)],
            ]}
          />
        </Section>
      ) : null}
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
    <span className={css["choice"]}>
      {t.settings.theme}
      <Choose
        label={t.settings.theme}
        value={theme}
        options={THEMES.map((each) => [each, t.settings.themes[each]])}
        onChoose={(value) => {
          const chosen = THEMES.find((each) => each === value) ?? "system";
          chooseTheme(chosen);
          setTheme(chosen);
        }}
      />
    </span>
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
