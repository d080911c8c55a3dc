"""``thrum overview`` and ``thrum status``."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.thrum.cli.answers import COLLEAGUE, HEALTH, ME, PAGE


def test_overview(office: Any) -> None:
    assert office.run("overview").out == (
        "You: @furiosa (implementer/auth)\nIntent: fix\nSession: PNAVN5, started 2m ago\n"
        "Task: shop:1\nWork: 1 commit ahead, 2 files changed\n\n"
        "● @nux tester/api 2m [feature] on there: drive\n\n"
        "Inbox: 1 unread of 4: thrum inbox\nSync: synced\n"
    )
    assert office.run("overview", "--json").document == PAGE
    assert office.daemon.methods == ["team.overview"] * 2
    assert office.daemon.params("team.overview") == {"caller_agent_id": "furiosa"}


@pytest.mark.parametrize(
    ("display", "told"),
    [
        ("Implementer (auth)", False),
        ("implementer/auth", False),
        ("IMPLEMENTER, auth", False),
        ("implementer auth", False),
        ("", False),
        ("Furiosa", True),
        ("Auth", True),
        ("Implementer (web)", True),
        ("Implementer (auth) of the night", True),
    ],
)
def test_the_display_is_told_where_it_says_more(office: Any, display: str, told: bool) -> None:
    me = ME | {"display": display}
    office.daemon.answers["team.overview"] = {**PAGE, "agent": me}
    for command in ("overview", "status"):
        assert (f"Display: {display}\n" in office.run(command).out) is told
        assert ("Display" in office.run(command).out) is told


@pytest.mark.parametrize(
    ("monitors", "said"),
    [
        ({}, ""),
        ({"running": 3}, "Monitors: 3 running\n"),
        (
            {"running": 1, "dead": ["disk"], "stopped": ["a", "b"]},
            "Monitors: 1 running, disk dead, a and b stopped: thrum monitor list --all\n",
        ),
        ({"stopped": list("abcde")}, "Monitors: a, b, c and 2 more stopped\n"),
    ],
)
def test_the_overview_says_which_monitors_run(
    office: Any, monitors: dict[str, Any], said: str
) -> None:
    office.daemon.answers["team.overview"] = PAGE | {"monitors": monitors}
    out = office.run("overview").out
    assert out.endswith(f"Inbox: 1 unread of 4: thrum inbox\n{said}Sync: synced\n")


def test_overview_of_nobody(office: Any) -> None:
    office.daemon.answers["team.overview"] = {"health": HEALTH}
    out = office.run("overview").out
    assert "thrum quickstart" in out
    assert "agent" not in office.run("overview", "--json").document


def test_a_daemon_of_another_version_is_told(office: Any) -> None:
    old = {**PAGE, "health": HEALTH | {"version": "0.0.9"}}
    office.daemon.answers["team.overview"] = old
    for command in ("overview", "status"):
        assert "thrum daemon restart" in office.run(command).err


def test_status(office: Any) -> None:
    out = office.run("status").out
    assert "Daemon: running for 1m, version 0.1.0\n" in out
    assert "Repository: /r\n" in out
    assert "Context: 1,200 bytes" in out
    document = office.run("status", "--json").document
    assert set(document) == {"health", "agent", "work_context", "inbox", "sync", "context"}
    assert document["context"] == {"has_context": True, "size": 1200}


def test_notes_that_cannot_be_read_hide_nothing_else(office: Any, refuse: Any) -> None:
    office.daemon.answers["context.show"] = refuse("not_allowed", "it is a \x1b[2J link", -32000)
    ran = office.run("status")
    assert ran.code == 0
    assert "Context: it is a \\x1b[2J link\n" in ran.out
    assert "Daemon: running" in ran.out
    shown = office.run("status", "--json").document["context"]
    assert shown == {"has_context": False, "error": "it is a \x1b[2J link"}


def test_status_tells_what_does_not_work(office: Any) -> None:
    ill = HEALTH | {"status": "degraded", "problems": ["service sync: it \x1b[2J crashed"]}
    office.daemon.answers["team.overview"] = {**PAGE, "health": ill}
    assert "Trouble: service sync: it \\x1b[2J crashed\n" in office.run("status").out


def test_you_and_what_is_wrong_stand_out_on_a_terminal_only(office: Any) -> None:
    ill = HEALTH | {"problems": ["it crashed"]}
    work = {"agent_id": "furiosa", "agent_status": "blocked"}
    colleague = {**COLLEAGUE, "agent_status": "stuck"}
    page = {**PAGE, "health": ill, "work_context": work, "team": [colleague]}
    office.daemon.answers["team.overview"] = page
    office.env["TERM"] = "xterm"
    for command, red in (
        ("overview", ["State: blocked", "stuck"]),
        ("status", ["State: blocked", "Trouble: it crashed"]),
    ):
        shown = office.run(command, terminal=True).out
        assert "\x1b[36mYou: @furiosa (implementer/auth)\x1b[0m\n" in shown
        assert "\x1b[1mInbox: 1 unread of 4: thrum inbox\x1b[0m" in shown
        assert re.findall("\x1b\\[31m(.*?)\x1b", shown) == red
        assert "\x1b" not in office.run(command).out
    office.env["NO_COLOR"] = "1"
    assert "\x1b" not in office.run("overview", terminal=True).out
    assert "\x1b" not in office.run("team", terminal=True).out


@pytest.mark.parametrize(
    ("count", "told"),
    [(1, "1 event, which"), (2, "2 events, which"), (1200, "1,200 events, which")],
)
def test_what_the_remote_refuses_is_one_line_with_what_to_type(
    office: Any, count: int, told: str
) -> None:
    page = {**PAGE, "health": HEALTH | {"sync_state": "error", "held": count}}
    office.daemon.answers |= {
        "team.overview": page,
        "sync.status": {"sync_state": "error", "held": [{"event_id": "evt_1"}] * count},
    }
    for command in ("overview", "status"):
        (line,) = [each for each in office.run(command).out.splitlines() if "Held back" in each]
        assert line.strip() == f"Held back: {told} the remote refuses: thrum sync status"
    assert "\nSync: all but what the remote refuses is there\n" in office.run("overview").out


def test_where_nothing_is_refused_nothing_is_said_of_it(office: Any) -> None:
    for command in ("overview", "status"):
        assert "Held" not in office.run(command).out


@pytest.mark.parametrize(
    ("notes", "told"),
    [
        ({"has_context": True, "size": 1}, "Context: 1 byte"),
        (
            {"has_context": True, "size": 15, "found_in": "a-sync"},
            "Context: 15 bytes, from a-sync",
        ),
        (
            {"has_context": True, "size": 15, "updated_at": "2026-01-02T03:00:00Z"},
            "Context: 15 bytes, saved 4m ago",
        ),
        (
            {"has_context": False, "was_cleared": True},
            "Context: cleared; thrum context show --versions lists earlier ones",
        ),
        ({"has_context": False}, ""),
    ],
)
def test_status_tells_the_truth_of_notes(office: Any, notes: dict[str, Any], told: str) -> None:
    office.daemon.answers["context.show"] = notes
    lines = [each for each in office.run("status").out.splitlines() if "Context" in each]
    assert lines == ([told] if told else [])


def test_the_overview_says_what_is_whose(office: Any) -> None:
    claims = [{"what": f"src/{n}\x1b", "agent_id": "nux"} for n in range(9)]
    office.daemon.answers["team.overview"] = {**PAGE, "claims": claims[:1]}
    assert "Claims: src/0\\x1b (@nux)\nInbox" in office.run("overview").out
    office.daemon.answers["team.overview"] = {**PAGE, "claims": claims}
    assert "(@nux) and 1 more: thrum claims\n" in office.run("overview").out
