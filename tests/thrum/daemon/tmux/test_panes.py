"""Panes as tmux describes them, with fields that may hold anything."""

from __future__ import annotations

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from thrum.daemon.tmux import panes
from thrum.daemon.tmux.panes import Pane
from thrum.daemon.tmux.target import Target

FENCE = "thrum-00ff"
NUMBERS = ["$1", "%2", "0", "1", "0", "0", "77", "1795977002", "1795977001"]
hostile = st.text().filter(lambda text: FENCE not in text)


def row(*fields: str) -> str:
    return FENCE + "".join(each + FENCE for each in fields)


def pane(
    id: str = "%1", session: str = "api", window: int = 0, index: int = 0, home: str = ""
) -> Pane:
    return Pane("$1", id, window, index, False, False, 7, 0, session, "sh", "/w", "", home)


@given(st.lists(st.lists(hostile, min_size=8, max_size=8), max_size=4))
def test_fields_are_what_they_are(texts: list[list[str]]) -> None:
    said = "\n".join(row(*NUMBERS, *each) for each in texts)
    found = panes.answer(said, FENCE)
    assert [(p.session, p.command, p.path, p.home_pane, p.tty, p.window_id) for p in found] == [
        (each[0], each[1], each[2], *each[5:]) for each in texts
    ]
    assert all((p.id, p.window, p.index, p.pid) == ("%2", 0, 1, 77) for p in found)
    assert all(p.active_s == p.keyed_s + 1 == 1795977002 for p in found)


def test_whose_it_is_both_options_say() -> None:
    fields = [*NUMBERS, "api", "sh", "/w"]
    ours = panes.answer(row(*fields, "1", "/r/.thrum", "", "", ""), FENCE)[0]
    assert ours.is_of(Path("/r/.thrum")) and not ours.is_of(Path("/other/.thrum"))
    assert panes.answer(row(*fields, "", "/r/.thrum", "", "", ""), FENCE)[0].owner == ""


def test_a_pane_that_ends_just_now_is_left_out() -> None:
    gone = [*NUMBERS[:6], "", "", "", "api", "sh", "/w", "1", "/r", "", "", ""]
    there = [*NUMBERS, "api", "sh", "/w", "1", "/r", "", "", ""]
    assert len(panes.answer(f"{row(*gone)}\n{row(*there)}", FENCE)) == 1
    assert panes.answer("", FENCE) == []


def test_the_agents_own_pane_is_meant_before_numbers() -> None:
    first, second = pane("%1", home="%2"), pane("%2", window=4, home="%2")
    assert panes.meant([first, second], Target("api", 0, 0)) == second
    # Its own pane was closed: the numbers count, then whatever the session has.
    assert panes.meant([first, pane("%3", index=1)], Target("api", 0, 1)) == pane("%3", index=1)
    assert panes.meant([first], Target("api", 9, 9)) == first
    assert panes.meant([first], Target("ap")) is None


def test_the_question_begins_with_nothing_that_others_say() -> None:
    assert panes.question(FENCE)[-1].startswith(f"{FENCE}#{{session_id}}{FENCE}")
