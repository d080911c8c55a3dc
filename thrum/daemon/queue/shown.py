"""Commands as programs read them."""

from __future__ import annotations

import msgspec

from thrum.daemon.queue.command import Command

UNSET = "0001-01-01T00:00:00Z"
"""The time of what has not happened."""

_MS_NS = 1_000_000


class QueuedCommand(msgspec.Struct, omit_defaults=True):
    """A command. Times that have not come are in the year 1; `exit_status` is as the shell says."""

    id: str
    text: str
    requester_agent: str
    timeout_ns: int
    silence_ms: int
    notify_on_complete: bool
    state: str
    submitted_at: str
    sent_at: str
    completed_at: str
    session_name: str
    captured_output: str = ""
    exit_status: int | None = None


def shown(command: Command) -> QueuedCommand:
    """A command as it is listed."""
    return QueuedCommand(
        id=command.id,
        text=command.text,
        requester_agent=command.requester,
        timeout_ns=command.timeout_ms * _MS_NS,
        silence_ms=command.silence_ms,
        notify_on_complete=command.notifies,
        state=command.state.value,
        submitted_at=command.submitted_at,
        sent_at=command.sent_at or UNSET,
        completed_at=command.completed_at or UNSET,
        session_name=command.session,
        captured_output=command.output or "",
        exit_status=command.exit_status,
    )
