"""Agents, sessions and teams as text."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.thrum.cli.answers import MEMBERS, crowd, member
from thrum.cli.render import people, text
from thrum.cli.render.paint import NONE, Paint

NOW_NS = 1_767_323_045_000_000_000


@pytest.mark.parametrize(
    ("fields", "mark", "life"),
    [
        ({}, "●", ""),
        ({"status": "offline"}, "○", ""),
        ({"status": "reserved", "reserved": True}, "⊙", ""),
        ({"live": True}, "●", "live"),
        ({"live": False}, "●", "stale"),
    ],
)
def test_marks(fields: dict[str, object], mark: str, life: str) -> None:
    assert people.mark(member("nux", **fields)) == mark
    assert people.life(member("nux", **fields)) == life


def test_a_line_for_programs() -> None:
    line = people.member_line(MEMBERS[0], NOW_NS, "furiosa")
    assert line == "● @furiosa (you) tester/api 2m [main] 1 unread: fix it \\x1b[2J (shop:1)"
    assert "(you)" not in people.member_line(MEMBERS[0], NOW_NS)
    assert " on there" in people.member_line(MEMBERS[1], NOW_NS)


@pytest.mark.parametrize("columns", [40, 80, 200])
def test_a_block_and_a_roster_fit(columns: int) -> None:
    rows = crowd(9)
    blocks = [people.member_block(row, NOW_NS, columns) for row in rows]
    roster = people.roster(rows, NOW_NS, is_plain=False, columns=columns, me="")
    for line in [*"".join(blocks).splitlines(), *roster.splitlines()]:
        assert text.width(line) <= columns
        assert "\x1b" not in line


def test_few_have_blocks_and_many_have_lines() -> None:
    assert "PID" not in people.team(crowd(60), NOW_NS, is_plain=False, columns=80)
    few = people.team(crowd(2), NOW_NS, is_plain=False, columns=80)
    many = people.team(crowd(60), NOW_NS, is_plain=False, columns=80)
    assert len(few.splitlines()) > 2 * 2
    assert len(many.splitlines()) < 60 * 2


def test_daemons_are_counted() -> None:
    rows = [{"daemon_id": "d\x1b[2J", "hostname": "here", "agent_count": 1}]
    assert people.daemons(rows, is_plain=True, columns=80) == "d\\x1b[2J here 1 agent\n"


def test_mail_that_everybody_shares() -> None:
    assert people.shared({}, 80) == ""
    totals = {"broadcast_total": 2, "groups": [{"name": "crew", "total": 1}]}
    assert people.shared(totals, 80) == "Shared: 2 to everybody, 1 to @crew\n"
    assert text.width(people.shared(totals, 20).rstrip()) <= 20


@pytest.mark.parametrize(
    ("says", "shown"),
    [("blocked", "blocked"), ("stuck", "stuck"), ("working", ""), ("idle", ""), ("", "")],
)
def test_who_needs_somebody_is_seen(says: str, shown: str) -> None:
    row = member("nux", agent_status=says)
    assert people.state(row) == shown
    block = people.member_block(row, NOW_NS, 80)
    roster = people.roster([row], NOW_NS, is_plain=False, columns=80, me="")
    for page in (people.member_line(row, NOW_NS), block, roster):
        assert ("blocked" in page or "stuck" in page) is bool(shown)


def test_what_somebody_says_of_itself_acts_on_no_terminal() -> None:
    assert "\x1b" not in people.member_line(member("nux", agent_status="a\x1b[2J"), NOW_NS)


@pytest.mark.parametrize("says", ["alive", "stale", "dead"])
def test_how_it_stands_with_its_session_of_tmux_is_seen(says: str) -> None:
    row = member("nux", tmux_session="nux:0.0", tmux_state=says)
    roster = people.roster([row], NOW_NS, is_plain=False, columns=200, me="")
    for page in (people.member_line(row, NOW_NS), roster):
        assert f"tmux {says}" in page
    assert f"nux:0.0 [{says}]" in people.member_block(row, NOW_NS, 80)
    assert "tmux" not in people.member_line(member("nux"), NOW_NS)


def test_work_of_another_clone_is_told_as_of_when() -> None:
    row = member("nux", is_local=False, hostname="there", git_updated_at="2026-01-02T02:04:05Z")
    assert "on there, as of 1h ago" in people.member_line(row, NOW_NS)
    assert "there, as of 1h ago" in people.member_block(row, NOW_NS, 80)
    near = row | {"is_local": True}
    assert "as of" not in people.member_line(near, NOW_NS)


CYAN, RED, YELLOW = "\x1b[36m", "\x1b[31m", "\x1b[33m"
ON = Paint(is_on=True)


@pytest.mark.parametrize("columns", [20, 40, 80, 200])
@pytest.mark.parametrize("is_plain", [True, False])
@pytest.mark.parametrize("count", [2, people.MANY + 1])
def test_you_and_who_needs_somebody_stand_out_and_nothing_moves(
    columns: int, is_plain: bool, count: int
) -> None:
    rows = [
        member("furiosa", inbox_unread=0),
        member("nux", agent_status="blocked", live=True, agent_pid=7, agent_pid_started="x"),
        *(member(f"calm_{n}", inbox_unread=0, agent_status="idle") for n in range(count - 2)),
    ]

    def page(paint: Paint) -> str:
        how: dict[str, Any] = {"is_plain": is_plain, "columns": columns, "me": "furiosa"}
        return people.team(rows, NOW_NS, **how, paint=paint)

    (mine,) = [line for line in page(ON).splitlines() if CYAN in line]
    assert "@fur" in mine
    assert re.sub("\x1b\\[\\d+m", "", page(ON)) == page(NONE)


@pytest.mark.parametrize("says", ["blocked", "stuck", "waiting for the review"])
def test_what_does_not_go_on_is_red(says: str) -> None:
    row = member("nux", agent_status=says)
    for page in (
        people.member_line(row, NOW_NS, "", ON),
        people.member_block(row, NOW_NS, 80, "", ON),
        people.roster([row], NOW_NS, is_plain=False, columns=80, me="", paint=ON),
    ):
        (red,) = [line for line in page.splitlines() if RED in line]
        assert says[:5] in red.partition(RED)[2].partition("\x1b[0m")[0]


@pytest.mark.parametrize("says", ["working", "idle", ""])
def test_what_goes_on_is_not_red(says: str) -> None:
    row = member("nux", agent_status=says)
    assert RED not in people.member_block(row, NOW_NS, 80, "", ON)
    assert RED not in people.member_line(row, NOW_NS, "", ON)


def test_a_process_that_ended_is_doubtful() -> None:
    row = member("nux", live=False, agent_pid=7)
    assert YELLOW in people.member_block(row, NOW_NS, 80, "", ON)
    assert YELLOW in people.member_line(row, NOW_NS, "", ON)


@pytest.mark.parametrize("columns", [20, 30, 40, 60, 80, 200])
def test_sessions_keep_to_the_terminal_and_move_no_cursor(columns: int) -> None:
    rows = [
        {
            "session_id": f"ses_01M7XCMNVS4RYV6N772VPNAV{number:02}",
            "agent_id": name,
            "started_at": "2026-01-02T03:02:05Z",
            "scopes": [{"type": "file", "value": "src/漢字\x1b[2J"}] * number,
            "intent": "fix\nit \u202e" * 9,
            **ended,
        }
        for number, (name, ended) in enumerate(
            [
                ("nux", {}),
                ("an_agent_with_a_long_name", {"ended_at": "x", "end_reason": "normal"}),
                ("b", {"ended_at": "2026-01-02T03:03:05Z", "end_reason": "its process\r ended"}),
            ]
        )
    ]
    shown = people.sessions(rows, NOW_NS, is_plain=False, columns=columns).splitlines()
    assert len(shown) == 4
    assert all(text.width(line) <= columns for line in shown)
    assert all(line.isprintable() for line in shown)
    assert shown[0].startswith("SESSION  AGENT")
    where = shown[0].find("ENDED")
    if where > 0:
        assert [line[where:].split()[0] for line in shown[1:]][:2] == ["open", "ended"]


def test_sessions_that_need_no_reason_have_no_column_for_it() -> None:
    ended = {"ended_at": "2026-01-02T03:03:05Z", "end_reason": "normal"}
    rows = [{"session_id": "ses_1", "agent_id": "a"}, {"session_id": "ses_2"} | ended]
    shown = people.sessions(rows, NOW_NS, is_plain=False, columns=80)
    assert shown.splitlines()[0] == "SESSION  AGENT  ENDED"
    assert "normal" in people.sessions(rows, NOW_NS, is_plain=True, columns=80)
