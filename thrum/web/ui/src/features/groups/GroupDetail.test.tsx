import { act, cleanup, screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, beforeAll, expect, it } from "vitest";

import { RpcError } from "@/rpc/RpcError";
import type { Group, GroupMember } from "@/store/entities";
import { member, message } from "@/test/shapes";
import { onPage, type Answers, type Page } from "@/test/page";

import { GroupDetail } from "./GroupDetail";

const GROUP: Group = { group_id: "grp_1", name: "crew", created_at: "2026-01-01T00:00:00Z", created_by: "furiosa", member_count: 1 };
const SAID = message({ body: { content: "All hands" }, recipients: [{ agent_id: "nux", read_at: "2026-01-01T00:00:00Z" }] });
const has = (member_type: string, member_value: string): GroupMember => ({ member_type, member_value, added_at: "" });

beforeAll(() => {
  Element.prototype.scrollIntoView = () => undefined;
});
afterEach(cleanup);

function shown(members: GroupMember[], answers: Answers = {}): Page {
  const of = (params: { name: string }): object => ({ ...GROUP, name: params.name, members: [...members] });
  return onPage(
    <GroupDetail name="crew" />,
    {
      "group.info": of,
      "message.page": () => ({ messages: [SAID], older: false }),
      ...answers,
    },
    {
      groups: new Map([["crew", GROUP]]),
      members: new Map([["nux", member("nux", { role: "tester" })], ["slit", member("slit")]]),
      agents: new Map(),
    },
  );
}

it("says who is in it, for whom a role stands, what was written, and how far that came", async () => {
  const { container } = shown([has("agent", "furiosa"), has("role", "tester"), has("role", "poet")]);
  await waitFor(() => expect(container.textContent).toContain("All hands"));
  const rows = [...container.querySelectorAll("li")].map((each) => each.textContent);
  expect(rows.slice(0, 3)).toEqual(["furiosa agentRemove", "tester role now nuxRemove", "poet role , nobody has this role nowRemove"]);
  expect(rows.at(-1)).toContain("nux read");
});

it("takes somebody out, and adds somebody by keys", { timeout: 30_000 }, async () => {
  const members = [has("agent", "nux")];
  const { asked } = shown(members, {
    "group.member.remove": () => members.pop(),
    "group.member.add": ({ member_type, member_value }: GroupMember) => members.push(has(member_type, member_value)),
  });
  const user = userEvent.setup();
  await user.click(await screen.findByRole("button", { name: "Remove nux" }));
  await screen.findByText("Nobody is in it yet.");
  await user.click(screen.getByRole("combobox", { name: "Add" }));
  await user.keyboard("slit{Enter}");
  await screen.findByRole("button", { name: "Remove slit" });
  expect(asked.filter((each) => each.startsWith("group.member"))).toEqual([
    'group.member.remove {"group":"crew","member_type":"agent","member_value":"nux"}',
    'group.member.add {"group":"crew","member_type":"agent","member_value":"slit"}',
  ]);
});

it("says in the daemon's words who may not, and changes nothing", async () => {
  shown([has("agent", "nux")], { "group.member.remove": () => Promise.reject(new RpcError("not_allowed", "the group is furiosa's", "ask furiosa")) });
  await userEvent.setup().click(await screen.findByRole("button", { name: "Remove nux" }));
  expect((await screen.findByRole("alert")).textContent).toBe("the group is furiosa's: ask furiosa");
  expect(screen.queryByRole("button", { name: "Remove nux" })).not.toBeNull();
});

it("sees that somebody else changed it", async () => {
  const members = [has("agent", "nux")];
  const { store } = shown(members);
  await screen.findByRole("button", { name: "Remove nux" });
  members.push(has("agent", "slit"));
  act(() => store.setState({ groups: new Map([["crew", { ...GROUP }]]) }));
  await screen.findByRole("button", { name: "Remove slit" });
});
