"""Which lines leave the files of the branch: those that the purges in it cover."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final

from gitstore import Omission
from thrum import events
from thrum.daemon.projection.facts import MessageRow, interpret
from thrum.purges import Purges, purge_in

SIGN: Final = b'"purge.executed"'
"""What every line with a purge has in it."""

_MAIL: Final = b'"message.'
"""What every line of a message has in it."""


def purges_in(lines: Iterable[bytes]) -> Purges:
    """The purges among the lines; what is no event tells of none."""
    found = Purges()
    for raw in lines:
        if SIGN not in raw:
            continue
        try:
            event = interpret("", raw).body
        except ValueError:
            continue
        if isinstance(event, events.PurgeExecuted):
            found.add(purge_in(event))
    return found


def omitting(lines: Iterable[bytes]) -> Callable[[str, bytes], bool]:
    """The rule by which a line of a file is left out, as the purges among the lines say."""
    purges = purges_in(lines)
    return lambda path, raw: covers_line(purges, path, raw)


def covers_line(purges: Purges, path: str, raw: bytes) -> bool:
    """Whether purges cover a line of a file; never one that nobody can read."""
    is_row = path.startswith("messages-v2/")
    if not purges or not (is_row or _MAIL in raw):
        return False
    try:
        body = interpret(path, raw).body
    except ValueError:
        return False
    if isinstance(body, MessageRow):
        return purges.covers_row(body.message_id, body.created_at)
    return purges.cover(body)


OMISSION: Final = Omission(shard="events.jsonl", sign=SIGN, rule=omitting)
"""The rule for the format of the log. A purge in another file, where none is written, only hides.
"""
