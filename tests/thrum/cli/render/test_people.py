"""Agents, sessions and teams as text."""

from __future__ import annotations

import pytest

from tests.thrum.cli.answers import MEMBERS, crowd, member
from thrum.cli.render import people, text

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


def test_work_of_another_clone_is_told_as_of_when() -> None:
    row = member("nux", is_local=False, hostname="there", git_updated_at="2026-01-02T02:04:05Z")
    assert "on there, as of 1h ago" in people.member_line(row, NOW_NS)
    assert "there, as of 1h ago" in people.member_block(row, NOW_NS, 80)
    near = row | {"is_local": True}
    assert "as of" not in people.member_line(near, NOW_NS)
