"""Groups as text."""

from __future__ import annotations

from typing import Any

import pytest

from thrum.cli.render import groups

NOW_NS = 1_767_323_045_000_000_000
ROWS = [
    {"name": "war-rig", "member_count": 1, "description": "who\ndrives \x1b[2J"},
    {"name": "valves", "member_count": 1200},
]


def test_a_listing_for_programs_and_for_people() -> None:
    plain = groups.listing(ROWS, is_plain=True, columns=80)
    assert plain == "@war-rig 1 member who drives \\x1b[2J\n@valves 1,200 members\n"
    lines = groups.listing(ROWS, is_plain=False, columns=40).splitlines()
    assert lines[0].split() == ["GROUP", "MEMBERS", "FOR"]
    assert lines[2].split() == ["@valves", "1200"]
    assert all(len(line) <= 40 for line in lines)


@pytest.mark.parametrize(
    ("kind", "value", "text"),
    [
        ("agent", "nux", "@nux"),
        ("role", "tester", "role tester"),
        ("role", "*", "everybody"),
        ("agent", "n\x1b[2J", "@n\\x1b[2J"),
    ],
)
def test_a_member(kind: str, value: str, text: str) -> None:
    assert groups.member({"member_type": kind, "member_value": value}) == text


def test_all_of_one() -> None:
    group: dict[str, Any] = {"name": "crew", "created_at": "2026-01-02T03:02:05Z"}
    assert groups.info(group, NOW_NS) == "@crew\nmade 2m ago\nno members"
    member = {"member_type": "agent", "member_value": "nux"}
    more = {"description": "all of us", "created_by": "furiosa", "members": [member]}
    assert groups.info(group | more, NOW_NS) == "@crew all of us\nmade 2m ago by @furiosa\n@nux"
