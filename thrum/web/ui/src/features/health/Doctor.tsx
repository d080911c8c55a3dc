/** What the doctor found: each with what is the matter and what mends it; the worst first. */
import type { ReactElement } from "react";

import { useDesk } from "@/actions/DoingContext";
import { useAsked } from "@/actions/useAsked";
import { visible } from "@/lib/bidi";
import type { Finding } from "@/store/entities";
import { t } from "@/text/en";
import { Ago } from "@/ui/Ago";
import { Failure } from "@/ui/Blank";
import { Button } from "@/ui/Button";
import { CopyButton } from "@/ui/Copy";
import { Section } from "@/ui/Layout";
import { Remedy } from "@/ui/Remedy";

import css from "./health.module.css";

const RANK: readonly string[] = ["wrong", "note", "accepted"];
const SIGNS: Readonly<Record<string, string>> = { wrong: "✗", note: "⚠", accepted: "✓" };

/** What is worth telling, the worst first. */
export function telling(findings: readonly Finding[]): readonly Finding[] {
  const rank = ({ level }: Finding): number => RANK.indexOf(level);
  return findings.filter((each) => each.level !== "ok").sort((a, b) => rank(a) - rank(b));
}

/** The same for a message to somebody who helps. */
export function report(findings: readonly Finding[]): string {
  return findings.map(({ check, level, text = "", todo = "" }) => `${level} ${check}: ${text}${todo ? `\n  ${todo}` : ""}`).join("\n");
}

export function Doctor(): ReactElement {
  const desk = useDesk();
  const [asked, again] = useAsked("doctor", () => desk.call("doctor.examine", {}));
  const findings = asked.state === "there" ? asked.value.findings : [];
  const told = telling(findings);
  return (
    <Section title={t.health.doctor}>
      {asked.state === "asking" ? <p role="status">{t.health.examining}</p> : null}
      {asked.state === "failed" ? <Failure error={asked.error} onRetry={again} /> : null}
      {asked.state === "there" ? (
        <>
          <ul className={css["findings"]}>
            {told.map((finding, index) => (
              <FindingRow key={`${index} ${finding.check}`} finding={finding} />
            ))}
          </ul>
          <p className={css["fine"]}>
            {t.health.fine(findings.length - told.length)} <Button onClick={again}>{t.health.again}</Button>
            {told.length > 0 ? <CopyButton text={report(told)} label={t.health.copyReport} /> : null}
          </p>
        </>
      ) : null}
    </Section>
  );
}

function FindingRow({ finding }: { readonly finding: Finding }): ReactElement {
  const { check, level, text = "", todo = "", accepted_at = "" } = finding;
  return (
    <li className={css["finding"]} data-level={level}>
      <p>
        <strong className={level === "wrong" ? css["ill"] : undefined}>
          {SIGNS[level] ?? ""} {t.health.levels[level] ?? level}
        </strong>{" "}
        <span className={css["check"]}>{visible(check)}</span> <Ago at={accepted_at} />
      </p>
      <p>
        <Remedy text={text} />
      </p>
      {todo ? (
        <p className={css["todo"]}>
          {t.health.mends} <Remedy text={todo} />
        </p>
      ) : null}
    </li>
  );
}
