import { cleanup, fireEvent, screen, waitFor } from "@testing-library/react";
import { afterEach, expect, it } from "vitest";

import { onPage, type Page } from "@/test/page";

import { Timeline } from "./Timeline";

afterEach(cleanup);

const HOUR = 3_600_000;

/** A timeline of a day, where a session of nux began so many times, each that many hours before the next. */
function shown(sessions: number, hours: number): Page {
  const all = Array.from({ length: sessions }, (_, index) => {
    const at = new Date(Date.now() - (index + 0.5) * hours * HOUR).toISOString();
    return { session_id: `ses_${index}`, agent_id: "nux", started_at: at, ended_at: at, last_seen_at: at, status: "ended" };
  });
  return onPage(<Timeline />, { "session.list": ({ limit }: { limit: number }) => ({ sessions: all.slice(0, limit) }) });
}

const limits = ({ asked }: Page): string[] => asked.filter((each) => each.startsWith("session.list"));

it("says that there are more sessions in the time it shows, and looks further back on request", async () => {
  const page = shown(700, 0.01);
  fireEvent.click(await screen.findByText("Look further back"));
  await waitFor(() => expect(limits(page)).toEqual(['session.list {"limit":500}', 'session.list {"limit":1000}']));
  await waitFor(() => expect(screen.queryByText(/Only the last 500 sessions/)).toBeNull());
  expect(await screen.findAllByText("nux")).not.toHaveLength(0);
  expect(screen.queryByText(/Only the last/)).toBeNull();
}, 30_000);

it.each([
  ["there are no more", 20, 0.01],
  ["the others are older than what is shown", 700, 1],
])("says nothing of it where %s", async (_, sessions, hours) => {
  shown(sessions, hours);
  expect(await screen.findAllByText("nux")).not.toHaveLength(0);
  expect(screen.queryByText(/Only the last/)).toBeNull();
});
