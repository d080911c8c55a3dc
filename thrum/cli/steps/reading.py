"""Showing messages to whoever reads, and marking what was shown."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from thrum.cli.context import Context
from thrum.cli.render import messages
from thrum.cli.render.messages import READ, UNREAD
from thrum.errors import ThrumError

Row = dict[str, Any]


def show(context: Context, rows: Sequence[Row]) -> None:
    """Prints a page of messages, in a box for people; nothing with ``--json``."""
    if context.options.json or not rows:
        return
    me, now = context.caller.agent_id, context.now_ns()
    if not context.is_plain:
        context.say(messages.box(rows, now, context.columns, me, context.paint))
        return
    context.say(messages.plain(rows, now, me, context.paint))
    if len({messages.is_read(row, me) for row in rows}) > 1:
        context.done(f"{UNREAD} unread {READ} read")


def mark(context: Context, rows: Sequence[Row]) -> str | None:
    """Marks those of these messages that are unread; what went wrong, if something did."""
    me = context.caller.agent_id
    ids = [row["message_id"] for row in rows if not messages.is_read(row, me)]
    if not ids:
        return None
    try:
        context.call("message.markRead", {"message_ids": ids, "caller_agent_id": me})
    except ThrumError as error:
        return f"not marked as read: {error.message}"
    return None
