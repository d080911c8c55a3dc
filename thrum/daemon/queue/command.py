"""A queued command, and the states that it goes through.

It is ``queued`` until it is typed, ``sent`` from the moment before that, ``timeout_waiting`` once
it takes longer than was said; then it ends: ``completed``, ``canceled`` or ``interrupted``. None
goes back, except one that could not be typed after all.
"""

from __future__ import annotations

from enum import Enum
from typing import Final

from msgspec import Struct

from thrum.daemon.tmux import words
from thrum.errors import ThrumError

LONGEST: Final = 4000
"""Bytes of a command: a terminal without a line editor takes no more in one line."""

MOST: Final = 100
"""Commands that may wait for one session."""

TIMEOUT_MS: Final = 120_000
SILENCE_MS: Final = 5_000
LONGEST_MS: Final = 24 * 3600 * 1000


class State(Enum):
    """How it stands with a command; the values are what programs read."""

    QUEUED = "queued"
    SENT = "sent"
    LATE = "timeout_waiting"
    COMPLETED = "completed"
    CANCELED = "canceled"
    INTERRUPTED = "interrupted"


ACTIVE: Final = (State.SENT, State.LATE)
LIVE: Final = (State.QUEUED, *ACTIVE)


class Command(Struct, frozen=True):
    """One command.

    Attributes:
        id: ``cmd_`` and a ULID.
        session: where it is typed.
        requester: who is told of it.
        text: what is typed.
        timeout_ms: milliseconds after which the requester is told that it takes longer.
        silence_ms: milliseconds without a sign after which what is no shell has done with it.
        notifies: whether the requester is told of its end.
        submitted_at: RFC 3339, as all times.
        state: how it stands.
        sent_at: empty before it is typed.
        completed_at: empty before it ends.
        output: what it said, once that is known.
        exit_status: as the shell says; None where nobody does.
        position: its place in the queue when it came, from 1.
    """

    id: str
    session: str
    requester: str
    text: str
    timeout_ms: int
    silence_ms: int
    notifies: bool
    submitted_at: str
    state: State = State.QUEUED
    sent_at: str = ""
    completed_at: str = ""
    output: str | None = None
    exit_status: int | None = None
    position: int = 0


def check_text(text: str) -> None:
    """Refuses what is no command line.

    Raises:
        ThrumError: ``invalid_params``; ``too_large``.
    """
    if words.has_control(text):
        raise ThrumError(
            "invalid_params",
            "the text holds keys, such as the end of a line or a tab",
            "queue each line by itself, or have a file run that holds them",
        )
    try:
        size = len(text.encode())
    except UnicodeEncodeError:
        raise ThrumError("invalid_params", "the text is no text") from None
    if not text.strip():
        raise ThrumError("invalid_params", "the text is blank")
    if size > LONGEST:
        raise ThrumError(
            "too_large",
            f"a command has at most {LONGEST:,} bytes, and this has {size:,}",
            "put it into a file, and have that run or read",
        )
