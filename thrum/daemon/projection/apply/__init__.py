"""Applying events to the tables: one function per event type, any order, any number of times.

The result depends on the set of events alone. Where two events contradict each other, a rule that
every node can compute decides, by time and event id (see `agents`, `messages`, `groups`).
"""

from __future__ import annotations

from thrum.daemon.projection.apply import copies, groups, messages, tombstones
from thrum.daemon.projection.apply.functions import FUNCTIONS
from thrum.daemon.projection.apply.stored import rest
from thrum.daemon.projection.facts import Event, Row
from thrum.daemon.projection.tables import Tables


def apply(
    tables: Tables, event: Event, text: str, *, groups_later: bool = False, withheld: str = ""
) -> bool:
    """Applies one event; False when it was known or something keeps it out.

    Args:
        text: its line.
        groups_later: only store a group event; the caller settles the groups once for many.
        withheld: why it is only stored, and does not count; see `withholding`.
    """
    if not copies.admit(tables, event.event_id, text) or tombstones.suppressed(tables, event):
        return False
    if withheld:
        if not tables.withhold_event(event.event_id, rest(event, text), withheld):
            copies.again(tables, event, text, withheld)
        return False
    if not tables.add_event(event.event_id, rest(event, text)):
        copies.again(tables, event, text)
        return False
    function = FUNCTIONS.get(type(event))
    if function is not None and not (groups_later and function is groups.settle):
        function(tables, event)
    return True


def apply_row(tables: Tables, row: Row, text: str) -> bool:
    """Applies one row of another Thrum's snapshots; False as above."""
    return not tombstones.row_suppressed(tables, row) and messages.row(tables, row, text)
