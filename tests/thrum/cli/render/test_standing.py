"""How far a message came, in words."""

from __future__ import annotations

from typing import Any

import pytest

from thrum.cli.render import standing

NOW = 1_767_323_045_000_000_000  # 2026-01-02T03:04:05Z
BEFORE = "2026-01-02T03:01:00.000000000Z"


@pytest.mark.parametrize(
    ("recipient", "said"),
    [
        ({"state": "read", "read_at": BEFORE}, "read 3m ago"),
        ({"read_at": "t"}, "read"),
        ({"state": "offered", "seen_at": BEFORE, "offered_by": "mcp"}, "offered by mcp 3m ago"),
        (
            {"state": "offered", "seen_at": BEFORE, "offered_by": "a\x1b\n"},
            "offered by a\\x1b 3m ago",
        ),
        ({"state": "stored"}, "stored"),
        (
            {"state": "stored", "held": "turn", "held_since": BEFORE},
            "stored: busy for 3m, gets it at the next step of its turn",
        ),
        (
            {"state": "stored", "held": "asleep", "held_since": "2025-12-01T00:00:00Z"},
            "stored: asleep since Dec 1, gets it when it begins a session",
        ),
        ({"state": "stored", "held": "moon\n", "held_since": "x"}, "stored: moon"),
        (
            {"state": "stored", "held": "large", "held_since": BEFORE},
            "did not arrive: it is longer than the peer takes",
        ),
    ],
)
def test_in_full(recipient: dict[str, Any], said: str) -> None:
    assert standing.full(recipient, NOW) == said


def test_one_word_for_all_who_have_not_read_it() -> None:
    read, offered = {"state": "read"}, {"state": "offered", "held": ""}
    asleep, idle = ({"state": "stored", "held": each} for each in ("asleep", "person"))
    assert standing.brief([read, asleep, asleep]) == "asleep"
    assert standing.brief([offered]) == "offered"
    assert standing.brief([asleep, idle]) == standing.brief([read]) == standing.brief([]) == ""


def test_who_will_not_see_it_soon() -> None:
    def one(name: str, reason: str) -> dict[str, str]:
        return {"agent_id": name, "state": "stored", "held": reason, "held_since": BEFORE}

    assert standing.late([one("a", "turn"), one("b", "looks"), one("c", "")], NOW) == ""
    alone = standing.late([one("a", "turn"), one("b", "asleep")], NOW)
    assert alone == "@b: asleep for 3m, gets it when it begins a session"
    many = standing.late([one(each, "asleep") for each in "abcdef"] + [one("g", "leave")], NOW)
    assert many.startswith("@a, @b, @c, @d and 2 more: asleep, gets it when")
    assert many.endswith("; @g: asking for leave for 3m, gets it when it was answered")
