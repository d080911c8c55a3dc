"""What the agent of a session does, in the words of older programs. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from thrum.clock import parse
from thrum.daemon.queue.command import ACTIVE, Command, State
from thrum.runtimes.screens.screen import Kind, Screen

PERMISSION: Final = "permission"
SENT: Final = "command_sent"
COMPLETED: Final = "command_completed"
WORKING: Final = "working_but_idle"
IDLE: Final = "idle"

FRESH_S: Final = 60.0
"""Seconds for which it counts that a command ended."""

_ECHO_S: Final = 2.0
"""Seconds in which what is written may still be the prompt after the command; tmux counts whole
ones."""

_SECOND_NS: Final = 1_000_000_000
_NOT_IDLE: Final = frozenset({Kind.BUSY, Kind.GATE, Kind.MENU})


@dataclass(frozen=True, slots=True)
class Seen:
    """What is known of an agent's session.

    Attributes:
        screen: what its pane shows; None where nobody sees it.
        works: whether the agent said that it works.
        command: the newest of its queue that was typed; None if none was.
        active_s: when something was written in its window last, seconds since 1970.
    """

    screen: Screen | None
    works: bool
    command: Command | None
    active_s: int


def judge(seen: Seen, now_ns: int) -> tuple[str, str]:
    """The state, and by which dialog it asks for leave."""
    if seen.screen and seen.screen.prompt:
        return PERMISSION, f"permission:{seen.screen.prompt.pattern}"
    if seen.command is not None and seen.command.state in ACTIVE:
        return SENT, ""
    if seen.command is not None and _is_fresh(seen.command, seen.active_s, now_ns):
        return COMPLETED, ""
    is_elsewhere = seen.screen is not None and seen.screen.kind in _NOT_IDLE
    return (WORKING if seen.works and not is_elsewhere else IDLE), ""


def _is_fresh(command: Command, active_s: int, now_ns: int) -> bool:
    """Whether the session is as the command left it, a moment ago."""
    if command.state is not State.COMPLETED:
        return False
    ended_s = parse(command.completed_at) / _SECOND_NS
    return active_s <= ended_s + _ECHO_S and now_ns / _SECOND_NS < ended_s + FRESH_S
