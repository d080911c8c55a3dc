"""What a session does, by the boundaries that it came to."""

from __future__ import annotations

import pytest

from thrum.daemon.delivery.sitting import MOST_TURNS, Boundary, Doing, Sitting
from thrum.runtimes.contract import Moment


def test_a_boundary_is_named_as_the_runtimes_moments() -> None:
    told = {*Moment} - {Moment.EDIT}  # that a file is to be edited asks about claims alone
    assert {each.value for each in Boundary} == {each.name.lower() for each in told}


@pytest.mark.parametrize(
    ("path", "doing"),
    [
        ("start", Doing.IDLE),
        ("start prompt", Doing.BUSY),
        ("prompt tools", Doing.BUSY),
        ("prompt end_of_turn", Doing.IDLE),
        ("prompt permission", Doing.ASKING),
        ("prompt permission tools", Doing.BUSY),
        ("prompt permission notice", Doing.ASKING),
        ("end_of_turn notice", Doing.IDLE),
        ("end_of_turn before_compaction", Doing.IDLE),
        ("end_of_turn before_compaction after_compaction", Doing.IDLE),
        ("prompt before_compaction after_compaction", Doing.BUSY),
        ("permission before_compaction", Doing.ASKING),
        ("prompt end", Doing.ENDED),
        ("end start", Doing.IDLE),
    ],
)
def test_what_it_does_is_what_it_did_last(path: str, doing: Doing) -> None:
    sitting = Sitting()
    for boundary in path.split():
        sitting.passes(Boundary(boundary), 1)
    assert sitting.doing is doing


def test_it_is_known_since_when() -> None:
    sitting = Sitting()
    sitting.passes(Boundary.PROMPT, 10)
    sitting.passes(Boundary.TOOLS, 20)
    assert sitting.since_ns == 10
    sitting.passes(Boundary.END_OF_TURN, 30)
    assert sitting.since_ns == 30
    sitting.goes_on(40)
    assert (sitting.doing, sitting.since_ns) == (Doing.BUSY, 40)


@pytest.mark.parametrize(
    ("path", "tool"),
    [
        ("prompt", ""),
        ("prompt tools:Bash", "Bash"),
        ("prompt tools:Bash tools:Edit", "Edit"),
        ("prompt tools:Bash tools", ""),
        ("prompt tools:Bash permission:Write", "Write"),
        ("prompt permission:Write notice", "Write"),
        ("prompt tools:Bash before_compaction after_compaction", "Bash"),
        ("prompt tools:Bash end_of_turn", ""),
        ("prompt tools:Bash end_of_turn prompt", ""),
        ("prompt tools:" + "x" * 500, "x" * 80),
    ],
)
def test_the_tool_is_the_last_one_of_the_turn(path: str, tool: str) -> None:
    sitting = Sitting()
    for step in path.split():
        boundary, _, name = step.partition(":")
        sitting.passes(Boundary(boundary), 1, tool=name)
    assert sitting.tool == tool


def test_turns_in_a_row_are_bounded_until_a_person_speaks() -> None:
    sitting = Sitting()
    for _ in range(MOST_TURNS):
        assert sitting.may_begin_turn()
        sitting.goes_on(1)
        sitting.passes(Boundary.TOOLS, 1)
        sitting.passes(Boundary.END_OF_TURN, 1)
    assert not sitting.may_begin_turn()
    sitting.passes(Boundary.START, 2)
    assert not sitting.may_begin_turn()
    sitting.passes(Boundary.PROMPT, 3)
    assert sitting.may_begin_turn()


def test_a_session_whose_question_somebody_else_answered_goes_on() -> None:
    sitting = Sitting()
    sitting.passes(Boundary.PERMISSION, 5)
    sitting.is_let(7)
    assert (sitting.doing, sitting.since_ns, sitting.heard_ns) == (Doing.BUSY, 7, 7)
    sitting.passes(Boundary.END_OF_TURN, 9)
    sitting.is_let(11)
    assert (sitting.doing, sitting.since_ns) == (Doing.IDLE, 9)
