"""Which state it is, of all that may be so at once."""

from __future__ import annotations

from dataclasses import replace

import pytest
from msgspec import structs

from thrum.clock import format_ns
from thrum.daemon.queue.command import Command, State
from thrum.daemon.tmux import checked
from thrum.daemon.tmux.checked import Seen, judge
from thrum.runtimes.screens.screen import Kind, Prompt, Screen

SECOND_NS = 1_000_000_000
ENDED_S = 1_800_000_000
NOW_NS = (ENDED_S + 10) * SECOND_NS
ASKED = Screen(Kind.PERMISSION, "", Prompt("claude.tool_confirmation", ("1",), None, ""))
SENT = Command("cmd_1", "api", "alice", "make", 1, 1, True, format_ns(0), State.SENT, format_ns(0))
DONE = structs.replace(SENT, state=State.COMPLETED, completed_at=format_ns(ENDED_S * SECOND_NS))
QUIET = Seen(Screen(Kind.IDLE, ""), True, DONE, ENDED_S)


def state(seen: Seen, now_ns: int = NOW_NS) -> str:
    return judge(seen, now_ns)[0]


def test_a_dialog_comes_first() -> None:
    found = judge(replace(QUIET, screen=ASKED), NOW_NS)
    assert found == (checked.PERMISSION, "permission:claude.tool_confirmation")


@pytest.mark.parametrize("runs", [State.SENT, State.LATE])
def test_a_command_that_runs(runs: State) -> None:
    assert state(replace(QUIET, command=structs.replace(SENT, state=runs))) == checked.SENT


def test_a_command_that_ended_counts_for_a_moment_and_until_something_is_written() -> None:
    assert state(QUIET) == checked.COMPLETED
    assert state(replace(QUIET, screen=None)) == checked.COMPLETED
    assert state(replace(QUIET, active_s=ENDED_S + 1)) == checked.COMPLETED
    assert state(replace(QUIET, active_s=ENDED_S + 9)) == checked.WORKING
    assert state(QUIET, NOW_NS + 60 * SECOND_NS) == checked.WORKING


@pytest.mark.parametrize("ended", [State.CANCELED, State.INTERRUPTED])
def test_one_that_was_called_off_did_not_complete(ended: State) -> None:
    assert state(replace(QUIET, command=structs.replace(DONE, state=ended))) == checked.WORKING


def test_without_a_command_it_is_the_agents_word_unless_its_screen_says_otherwise() -> None:
    plain = replace(QUIET, command=None)
    assert state(plain) == checked.WORKING
    assert state(replace(plain, works=False)) == checked.IDLE
    for kind in (Kind.BUSY, Kind.GATE, Kind.MENU):
        assert state(replace(plain, screen=Screen(kind, ""))) == checked.IDLE
