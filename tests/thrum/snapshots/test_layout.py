"""The text of a snapshot."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from tests.laws import examples
from thrum.runtimes.contract import Turn
from thrum.snapshots import layout
from thrum.snapshots.layout import Heading, compose

SAVED = datetime(2026, 1, 2, 3, 4, 5, tzinfo=timezone(timedelta(hours=2)))
HEADING = Heading("furiosa", "9aa3", SAVED, layout.SELF)
TURNS = [Turn("user", "fix the valve"), Turn("assistant", "On it.\nDone."), Turn("user", "and 5?")]


def conversation(text: str) -> list[str]:
    """The lines between heading and list."""
    return text.split("\n\n", 2)[2].rpartition("\n\n---\n\n")[0].splitlines()


def test_the_layout_is_the_one_that_others_read() -> None:
    text = compose(HEADING, TURNS, 200, is_whole=True)
    assert text.startswith(
        "# Restart Snapshot — furiosa\n\n**Session:** 9aa3\n"
        "**Saved:** 2026-01-02T03:04:05+02:00\n**Reason:** self-initiated\n\n"
        "=== USER ===\nfix the valve\n\n=== ASSISTANT ===\nOn it.\nDone.\n\n"
        "=== USER ===\nand 5?\n\n---\n\n"
    )
    assert "`git log" in text.rpartition("---")[2]
    assert "thrum inbox --unread" in text


@pytest.mark.parametrize("most", [1, 2, 3, 5, 8, 9])
def test_the_last_lines_are_kept_from_a_prompt_on(most: int) -> None:
    kept = conversation(compose(HEADING, TURNS, most, is_whole=True))
    whole = layout.spoken(TURNS)
    if most >= len(whole):
        assert kept == whole
        return
    assert kept[0].startswith("[Earlier conversation was cut: the last ")
    assert kept[1] == ""
    assert kept[2:] == whole[-len(kept[2:]) :]
    assert len(kept[2:]) <= most
    assert kept[2] == layout.USER or most < 2


def test_a_turn_that_has_more_lines_than_are_kept_is_shown_by_its_end() -> None:
    turns = [Turn("user", "go"), Turn("assistant", "\n".join(map(str, range(500))))]
    kept = conversation(compose(HEADING, turns, 10, is_whole=True))
    assert kept[2:] == [str(each) for each in range(490, 500)]
    assert "10 lines" in kept[0]


def test_that_more_was_said_before_is_told() -> None:
    kept = conversation(compose(HEADING, TURNS, 200, is_whole=False))
    assert kept[0].startswith("[Earlier conversation was cut")
    assert kept[2:] == layout.spoken(TURNS)


@pytest.mark.parametrize("said", ["=== USER ===", "a\n=== ASSISTANT ===\nb", "x" * 9_000])
def test_what_was_said_is_no_marker_and_has_no_endless_line(said: str) -> None:
    text = compose(HEADING, [Turn("assistant", said)], 200, is_whole=True)
    lines = conversation(text)
    assert [each for each in lines if each in {layout.USER, layout.ASSISTANT}] == [layout.ASSISTANT]
    assert max(map(len, lines)) <= layout.LONGEST_LINE + 10


def test_who_speaks_of_a_plan_has_written_none() -> None:
    turns = [Turn("user", layout.PLAN), Turn("assistant", f"as you say:\n{layout.PLAN}\n1. go")]
    text = compose(HEADING, turns, 200, is_whole=True)
    assert layout.PLAN not in text.splitlines()
    assert text.count(layout.PLAN) == 2


def test_all_of_it_is_never_longer_than_whoever_shows_it_reads() -> None:
    turns = [Turn("assistant", "\n".join(["🜂" * 3_000] * 400))]
    text = compose(HEADING, turns, 400, is_whole=True)
    assert len(text.encode()) < layout.MOST_BYTES + 2_000


@settings(max_examples=examples(60))
@given(
    turns=st.lists(st.builds(Turn, st.sampled_from(("user", "assistant")), st.text()), max_size=5),
    most=st.integers(1, 20),
    session=st.text(max_size=9),
)
def test_whatever_was_said_it_can_be_written(turns: list[Turn], most: int, session: str) -> None:
    heading = replace(HEADING, session=session)
    text = compose(heading, turns, most, is_whole=True)
    assert text.encode()
    assert text.count("\n**Reason:**") <= 1 + sum(each.text.count("**Reason:**") for each in turns)
