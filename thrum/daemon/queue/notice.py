"""What the requester of a command is told. Pure.

The first words are read by programs.
"""

from __future__ import annotations

from typing import Final

from thrum.clock import parse
from thrum.daemon.queue.command import Command
from thrum.daemon.queue.kept import Notice

LONGEST: Final = 8000
"""Characters of an output that are in a message; all that is kept is asked for by its id."""

RESTARTED: Final = "interrupted by daemon restart."
LOST: Final = "interrupted — how it ended could not be noted."
_SECOND_NS: Final = 1_000_000_000


def killed(session: str) -> str:
    """How a command ended whose session was ended by command."""
    return f"interrupted — session {session} was killed."


def gone(session: str) -> str:
    """How a command ended whose session has ended."""
    return f"interrupted — session {session} no longer exists."


def left(session: str) -> str:
    """How a command ended whose program has ended, in a session that has not."""
    return f"interrupted — what ran in session {session} has ended."


def of(command: Command, said: str, now: str) -> Notice:
    """The notice of an end, or of a delay.

    Args:
        command: the command as it stands now.
        said: what is said of it, behind its id.
        now: the moment, RFC 3339.
    """
    lines = [f"Command {command.id} {said}", f"Session: {command.session}"]
    lines.append(f"Elapsed: {elapsed_ms(command, now) // 1000}s")
    if command.exit_status is not None:
        lines.append(f"Exit status: {command.exit_status}")
    lines += _quoted(command.output or "")
    return Notice(f"{command.id} {command.state.value}", command.requester, "\n".join(lines))


def late(command: Command, now: str) -> Notice:
    """The notice that a command takes longer than was said."""
    return of(command, f"still processing after {elapsed_ms(command, now) // 1000}s.", now)


def elapsed_ms(command: Command, now: str) -> int:
    """Milliseconds since it was sent, or came, until it ended or now."""
    since = command.sent_at or command.submitted_at
    return max(parse(command.completed_at or now) - parse(since), 0) // 1_000_000


def _quoted(output: str) -> list[str]:
    if not output:
        return []
    if len(output) > LONGEST:
        output = f"[the last {LONGEST:,} of {len(output):,} characters]\n{output[-LONGEST:]}"
    return ["", "---", output, "---"]
