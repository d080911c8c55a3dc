"""What signatures of events are worth, where a daemon runs that can be asked."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

from thrum.cli.context import Context
from thrum.errors import ThrumError

_AT_ONCE: Final = 500


def add(context: Context, documents: Sequence[dict[str, Any]]) -> None:
    """Adds to entries of the log what their signatures are worth.

    The log is read without a daemon, and none is started for this: without one, or with one that
    knows of no signatures, nothing is added.
    """
    wanted = {str(each["event_id"]): each for each in documents if each.get("event_id")}
    if not wanted:
        return
    try:
        client = context.connect(context.socket, None)
    except ThrumError:
        return
    try:
        for portion in _portions(list(wanted)):
            answer = client.call("keys.verify", {"event_ids": portion})
            for row in answer.get("events") or ():
                about = {name: row[name] for name in row if name != "event_id"}
                wanted[str(row.get("event_id"))].update(about)
    except ThrumError:
        return
    finally:
        client.close()


def _portions(ids: list[str]) -> Iterator[list[str]]:
    for begin in range(0, len(ids), _AT_ONCE):
        yield ids[begin : begin + _AT_ONCE]
