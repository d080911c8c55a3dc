"""How a launch goes, by what is seen of it."""

from __future__ import annotations

from typing import Any

import pytest

from thrum.daemon.tmux.launch import (
    ENDED_S,
    FAILED,
    LONGEST_S,
    QUIET_S,
    READY,
    STARTING,
    Launch,
    Seen,
    judge,
    last_words,
)
from thrum.daemon.tmux.panes import Pane

PANE = Pane("$1", "%1", 0, 0, False, False, 1, 0, "api", "sh", "/", "", "%1")
DEAD = Pane("$1", "%1", 0, 0, True, False, 1, 0, "api", "sh", "/", "", "%1")


def launch(**about: Any) -> Launch:
    return Launch("api", "%1", "claude", "erin", 0.0, 0, **about)


@pytest.mark.parametrize(
    ("ran", "seen", "state", "reason"),
    [
        # A hook says it, whatever else there is to be seen.
        (False, Seen(PANE, True, True, 0, 0), READY, ""),
        (True, Seen(None, False, True, 0, 90), READY, ""),
        # It still begins: the shell reads its files, or the program writes.
        (False, Seen(PANE, True, False, 0, 0.1), STARTING, ""),
        (False, Seen(PANE, True, False, 900, QUIET_S - 0.1), STARTING, ""),
        (False, Seen(PANE, True, False, QUIET_S - 0.1, 30), STARTING, ""),
        (True, Seen(PANE, False, False, 1, 30), STARTING, ""),
        (True, Seen(PANE, True, False, ENDED_S - 0.1, 30), STARTING, ""),
        # It says nothing of itself, and writes nothing any more, or never stops writing.
        (True, Seen(PANE, False, False, QUIET_S, 30), READY, ""),
        (True, Seen(PANE, False, False, 0, LONGEST_S), READY, ""),
        # It never came up, or did not stay.
        (False, Seen(PANE, True, False, QUIET_S, 30), FAILED, "claude did not begin"),
        (True, Seen(PANE, True, False, ENDED_S, 30), FAILED, "claude ended"),
        (True, Seen(DEAD, False, False, 0, 1), FAILED, "claude ended, and its shell"),
        (True, Seen(None, False, False, 0, 1), FAILED, "the session ended"),
    ],
)
def test_how_it_goes(ran: bool, seen: Seen, state: str, reason: str) -> None:
    assert judge(launch(ran=ran), seen) == (state, reason)


def test_what_is_typed_where_it_failed_does_not_have_it_start_again() -> None:
    made = launch()
    made.turns(FAILED, "claude did not begin: not found")
    assert judge(made, Seen(PANE, True, False, 0, 30)).state == FAILED
    # A person may begin it by hand, or answer what it asks first.
    assert judge(made, Seen(PANE, False, False, 0, 30)).state == STARTING
    assert judge(made, Seen(PANE, False, False, QUIET_S, 30)).state == READY


def test_who_waits_for_it_is_told_once_it_is_known() -> None:
    made = launch()
    made.turns(STARTING)
    assert not made.over.is_set()
    made.turns(FAILED, "why")
    assert made.over.is_set()
    assert (made.state, made.reason) == (FAILED, "why")


@pytest.mark.parametrize(
    ("screen", "said"),
    [
        ("", ""),
        ("$ \n", ""),
        ("$ claude\nsh: 1: claude: not found\n\n$ \n\n", "sh: 1: claude: not found"),
        ("boom\x1b[31m\u202eevil\n$ ", "boom [31m evil"),
        (f"{'x' * 1_000_000}\n$ ", "x" * 200),
    ],
)
def test_what_stands_above_the_prompt_is_said(screen: str, said: str) -> None:
    assert last_words(screen) == said
