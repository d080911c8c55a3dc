"""``thrum team``, and what the views of the team share."""

from __future__ import annotations

import os
from typing import Any

import pytest

from tests.thrum.cli.answers import MEMBERS, PAGE, crowd, member
from thrum.cli.render import text
from thrum.identity import process


def test_team_for_programs(office: Any) -> None:
    assert office.run("team").out == (
        "● @furiosa (you) tester/api 2m [main] 1 unread: fix it \\x1b[2J (shop:1)\n"
        "○ @nux tester/api 2m 1 unread on there\n"
    )


@pytest.mark.parametrize("columns", [40, 80, 200])
@pytest.mark.parametrize("count", [3, 60])
def test_team_fits_the_terminal(office: Any, count: int, columns: int) -> None:
    office.daemon.answers["team.list"] = {"members": crowd(count)}
    ran = office.run("team", terminal=True, columns=columns)
    lines = ran.out.splitlines()
    assert all(text.width(line) <= columns for line in lines)
    named = [line for line in lines if line.startswith("● @")]
    assert len(set(named)) == count, "every name can be told from the others"
    assert sum("漢字" in line for line in lines) == count, "what they do is shown at any width"
    assert ("+1200 -7" in ran.out) is (count == 3)
    assert "\x1b" not in ran.out
    office.daemon.answers["team.overview"] = PAGE | {"team": crowd(count)}
    lines = office.run("overview", terminal=True, columns=columns).out.splitlines()
    assert all(text.width(line) <= columns for line in lines)


def test_a_column_that_says_nothing_is_left_out(office: Any) -> None:
    many = [member(f"agent_{n}", inbox_unread=0, role="") for n in range(20)]
    office.daemon.answers["team.list"] = {"members": many}
    (heading, *_) = office.run("team", terminal=True).out.splitlines()
    assert heading.split() == ["AGENT", "SEEN"]


def test_who_was_seen_last_comes_first_and_who_is_away_last(office: Any) -> None:
    members = [
        member("gone", last_seen="2026-01-02T03:03:00Z", status="offline"),
        member("idle", last_seen="2026-01-02T01:00:00Z"),
        member("busy", last_seen="2026-01-02T03:02:00Z"),
    ]
    office.daemon.answers["team.list"] = {"members": members}
    lines = office.run("team").out.splitlines()
    assert [line.split()[1] for line in lines] == ["@busy", "@idle", "@gone"]


def test_lists_for_programs_have_a_bound(office: Any) -> None:
    office.daemon.answers["team.list"] = {"members": [member("nux", intent="word " * 2000)]}
    (line,) = office.run("team").out.splitlines()
    assert len(line) < 250
    changes = [{"path": f"{n}.py", "additions": 1} for n in range(11)]
    office.daemon.answers["team.list"] = {"members": [member("nux", file_changes=changes)]}
    block = office.run("team", terminal=True).out
    assert block.count(".py") == 8
    assert "and 3 files more" in block
    office.daemon.answers["team.overview"] = PAGE | {"team": crowd(60)}
    page = office.run("overview").out
    assert page.count("● @") == 20
    assert "and 40 more: thrum team\n" in page


def test_nobody_is_told_in_terms_of_what_was_asked(office: Any) -> None:
    office.daemon.answers["team.list"] = {"members": []}
    for argv, said in (
        ([], "No active agents; --all shows the others.\n"),
        (["--all"], "No agents.\n"),
        (["local"], "No active agents of this clone; --all shows the others.\n"),
        (["--daemon", "d_9"], "No active agents of the daemon d_9; --all shows the others.\n"),
        (["--host", "x\x1b[2J", "--all"], "No agents on x\\x1b[2J.\n"),
        (["daemons"], "No agents.\n"),
    ):
        assert office.run("team", *argv).out == said


def test_of_agents_of_peers_it_is_said_that_they_are_there(office: Any) -> None:
    rows = [
        {"prefix": "docs", "agents": 1, "reached": True},
        {"prefix": "a\n", "agents": 1_200, "reached": False},
    ]
    for members in ([], [member("nux")]):
        office.daemon.answers["team.list"] = {"members": members, "beyond": rows}
        said = "1 agent as @docs:NAME, 1,200 agents as @a:NAME (its peer does not answer)"
        assert office.run("team").out.endswith(f"Behind peers: {said}; --all names them\n")
        for argv in (["--all"], ["local"], ["--host", "x"], ["daemons"]):
            assert "Behind" not in office.run("team", *argv).out


@pytest.mark.parametrize(
    ("argv", "names"),
    [
        ([], ["furiosa", "nux"]),
        (["local"], ["furiosa"]),
        (["--daemon", "d_2"], ["nux"]),
        (["--host", "here"], ["furiosa"]),
    ],
)
def test_team_views(office: Any, argv: list[str], names: list[str]) -> None:
    document = office.run("team", *argv, "--json").document
    assert [each["agent_id"] for each in document["members"]] == names


def test_team_daemons(office: Any) -> None:
    assert office.run("team", "daemons", "--json").document == [
        {"daemon_id": "d_1", "hostname": "here", "agent_count": 1},
        {"daemon_id": "d_2", "hostname": "there", "agent_count": 1},
    ]
    assert office.run("team", "daemons").out == "d_1 here 1 agent\nd_2 there 1 agent\n"
    lines = office.run("team", "daemons", terminal=True).out.splitlines()
    assert [line.split() for line in lines] == [
        ["DAEMON", "HOST", "AGENTS"],
        ["d_1", "here", "1"],
        ["d_2", "there", "1"],
        ["total", "2"],
    ]


def test_team_asks_and_refuses(office: Any) -> None:
    office.run("team", "--all", "--system")
    assert office.daemon.params("team.list") == {"include_offline": True, "include_system": True}
    assert office.run("team", "junk").code == 2
    assert office.run("team", "--daemon", "a", "--host", "b").code == 2
    office.daemon.answers["team.list"] = {"members": []}
    assert "--all" in office.run("team").out


@pytest.mark.parametrize(
    ("argv", "methods"),
    [
        (["team"], ["team.list"]),
        (["team", "local"], ["team.list"]),
        (["team", "daemons"], ["team.list"]),
        (["overview"], ["team.overview"]),
        (["status"], ["team.overview", "sync.status", "context.show"]),
        (["ping", "furiosa"], ["team.list"]),
        (["who-has", "a.py"], ["agent.listContext"]),
        (["agent", "list"], ["agent.list"]),
        (["agent", "list", "--context"], ["agent.listContext"]),
    ],
)
def test_a_view_asks_no_more_than_it_shows(
    office: Any, argv: list[str], methods: list[str]
) -> None:
    office.daemon.answers |= {"agent.list": {"agents": []}, "agent.listContext": {"contexts": []}}
    assert office.run(*argv).code == 0
    assert office.daemon.methods == methods


def test_a_process_lives_or_not_on_this_machine(office: Any) -> None:
    me = process.look(os.getpid())
    assert me is not None
    of = {"agent_pid": me.pid}
    members = [
        member("a", **of, agent_pid_started=me.started),
        member("b", **of, agent_pid_started="1"),
        member("c", **of, is_local=False),
        member("d"),
    ]
    office.daemon.answers["team.list"] = {"members": members}
    shown = office.run("team").out.splitlines()
    assert ["[live]" in line for line in shown] == [True, False, False, False]
    assert ["[stale]" in line for line in shown] == [False, True, False, False]
    blocks = office.run("team", terminal=True).out
    assert f"PID:      {me.pid} [live]\n" in blocks
    assert f"PID:      {me.pid} [stale]\n" in blocks
    assert office.run("team", "--json").document == {"members": members}


def test_shared_mail_is_told(office: Any) -> None:
    totals = {"broadcast_total": 2, "groups": [{"name": "crew", "total": 1}]}
    office.daemon.answers["team.list"] = {"members": MEMBERS, "shared_messages": totals}
    assert office.run("team").out.endswith("\nShared: 2 to everybody, 1 to @crew\n")
    assert "Shared" not in office.run("team", "local").out
