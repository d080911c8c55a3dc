"""What an agent does, line by line of the table."""

from __future__ import annotations

from itertools import permutations
from typing import Any

import pytest

from thrum.daemon.delivery.sitting import Boundary, Doing, Sitting
from thrum.daemon.now.state import Known, State, heard_ns, state, tool


def sits(doing: Doing, since: int, heard: int = 0) -> Sitting:
    return Sitting(doing=doing, since_ns=since, heard_ns=heard or since)


BUSY, IDLE, ASKING, ENDED = (
    sits(doing, 100 + number)
    for number, doing in enumerate((Doing.BUSY, Doing.IDLE, Doing.ASKING, Doing.ENDED))
)


@pytest.mark.parametrize(
    ("known", "found"),
    [
        ({"ended_ns": 7}, ("offline", 7, "session")),
        ({}, ("offline", 0, "session")),
        ({"ended_ns": 7, "sittings": [BUSY]}, ("offline", 7, "session")),
        ({"began_ns": 9, "runs": False, "sittings": [BUSY]}, ("offline", 0, "process")),
        ({"began_ns": 9, "sittings": [BUSY, ASKING]}, ("waiting", 102, "hook")),
        ({"began_ns": 9, "sittings": [ASKING], "said": "blocked"}, ("waiting", 102, "hook")),
        ({"began_ns": 9, "said": "blocked", "said_ns": 50}, ("blocked", 50, "said")),
        (
            {"began_ns": 9, "sittings": [BUSY], "said": "blocked", "said_ns": 100},
            ("blocked", 100, "said"),
        ),
        (
            {"began_ns": 9, "sittings": [BUSY], "said": "blocked", "said_ns": 99},
            ("working", 100, "hook"),
        ),
        (
            {"began_ns": 9, "sittings": [IDLE], "said": "blocked", "said_ns": 50},
            ("blocked", 50, "said"),
        ),
        ({"began_ns": 9, "sittings": [IDLE, BUSY]}, ("working", 100, "hook")),
        ({"began_ns": 9, "sittings": [IDLE], "said": "working"}, ("idle", 101, "hook")),
        ({"began_ns": 9, "said": "working", "said_ns": 3}, ("working", 3, "said")),
        ({"began_ns": 9, "said": "idle"}, ("idle", 0, "said")),
        ({"began_ns": 9, "said": "stuck", "runs": True}, ("blocked", 0, "said")),
        ({"began_ns": 9, "said": "bored", "runs": True}, ("live", 9, "process")),
        ({"began_ns": 9}, ("live", 9, "session")),
        ({"began_ns": 9, "sittings": [ENDED]}, ("live", 9, "session")),
        ({"began_ns": 500, "ended_ns": 400, "sittings": [BUSY]}, ("live", 500, "session")),
    ],
)
def test_each_line(known: dict[str, Any], found: tuple[str, int, str]) -> None:
    assert state(Known(**known)) == State(*found)


def test_of_several_sessions_the_order_is_the_same() -> None:
    for sittings in permutations([BUSY, IDLE, sits(Doing.BUSY, 300), ENDED]):
        assert state(Known(began_ns=9, sittings=sittings)) == State("working", 300, "hook")


def test_the_last_sign_is_of_those_that_go_on() -> None:
    assert heard_ns(Known()) == 0
    talks = sits(Doing.BUSY, 100, heard=250)
    over = sits(Doing.ENDED, 10, heard=900)
    assert heard_ns(Known(began_ns=9, sittings=[talks, IDLE, over])) == 250
    assert heard_ns(Known(began_ns=9, ended_ns=300, sittings=[talks])) == 0


def test_what_a_hook_says_is_what_is_shown() -> None:
    sitting = Sitting()
    course = [
        (Boundary.START, "idle", 1),
        (Boundary.PROMPT, "working", 2),
        (Boundary.TOOLS, "working", 2),
        (Boundary.PERMISSION, "waiting", 4),
        (Boundary.TOOLS, "working", 5),
        (Boundary.END_OF_TURN, "idle", 6),
        (Boundary.END, "live", 1),
    ]
    for moment, (boundary, doing, since) in enumerate(course, 1):
        sitting.passes(boundary, moment)
        now = state(Known(began_ns=1, sittings=[sitting]))
        assert (now.doing, now.since_ns) == (doing, since)


def uses(doing: Doing, since: int, name: str) -> Sitting:
    return Sitting(doing=doing, since_ns=since, heard_ns=since, tool=name)


@pytest.mark.parametrize(
    ("sittings", "more", "found"),
    [
        ([], {}, ""),
        ([uses(Doing.BUSY, 10, "Bash")], {}, "Bash"),
        ([uses(Doing.BUSY, 10, "")], {}, ""),
        ([uses(Doing.BUSY, 10, "Bash"), uses(Doing.BUSY, 20, "Edit")], {}, "Edit"),
        ([uses(Doing.ASKING, 10, "Bash"), uses(Doing.BUSY, 20, "Edit")], {}, "Bash"),
        ([uses(Doing.IDLE, 10, "Bash")], {}, ""),
        ([uses(Doing.BUSY, 10, "Bash")], {"said": "blocked", "said_ns": 30}, ""),
        ([uses(Doing.BUSY, 10, "Bash")], {"ended_ns": 20}, ""),
        ([uses(Doing.BUSY, 10, "Bash")], {"runs": False}, ""),
    ],
)
def test_the_tool_is_of_the_session_by_which_it_is_known(
    sittings: list[Sitting], more: dict[str, Any], found: str
) -> None:
    known = Known(**{"began_ns": 1, "sittings": sittings, **more})
    assert tool(known, state(known)) == found
