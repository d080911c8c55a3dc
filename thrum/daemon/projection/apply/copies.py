"""Several lines with one event id: which of them stands.

The first by time as it is written, then by bytes: the one that a merge keeps in a file (see
`gitstore.line.normal`), so it makes no difference whether copies met in one file or stand in two.
That one may be no event at all; then none stands, for a merge has taken the others away, or will.
"""

from __future__ import annotations

from typing import Final

from gitstore import Format, Reader
from thrum import events
from thrum.daemon.projection.apply import agents, claims, messages
from thrum.daemon.projection.apply.functions import FUNCTIONS
from thrum.daemon.projection.apply.stored import rest
from thrum.daemon.projection.facts import ROW_PREFIXES, Event
from thrum.daemon.projection.tables import EVENT, Tables

_READER: Final = Reader(Format())


def again(tables: Tables, event: Event, text: str, withheld: str = "") -> None:
    """A copy of an event that is in the tables: replaces that one if it ranks before it.

    It gets a number of its own, so that who has read the other one finds this one as well.

    Args:
        withheld: why this one does not count, if it does not. Then none does: which copy stands is
            no matter of signatures, since a merge keeps it whatever that is worth.
    """
    standing = _standing(tables, event.event_id)
    if standing is None or _rank(standing) <= _rank(text.encode()):
        return
    tables.db.execute("DELETE FROM events WHERE event_id = ?", (event.event_id,))
    tables.events_went()
    if withheld:
        tables.withhold_event(event.event_id, rest(event, text), withheld)
    else:
        tables.db.execute(EVENT, (event.event_id, *rest(event, text)))
    tables.db.execute("DELETE FROM parked_events WHERE event_id = ?", (event.event_id,))
    for version in (events.decode(standing), event):
        settle(tables, version, event.event_id)


def spoil(tables: Tables, path: str, raw: bytes) -> None:
    """A line that is no event: an event with its id that ranks after it stands no longer."""
    event_id = "" if path.startswith(ROW_PREFIXES) else _READER.keys(raw).id
    if not event_id:
        return
    rank = _rank(raw)
    known = tables.spoiled.get(event_id)
    standing = _standing(tables, event_id)
    if (known and _rank(known) <= rank) or (standing and _rank(standing) <= rank):
        return
    tables.changed = True
    tables.spoiled[event_id] = raw
    tables.db.execute("INSERT OR REPLACE INTO spoiled_events VALUES (?, ?)", (event_id, raw))
    if standing:
        tables.db.execute("DELETE FROM events WHERE event_id = ?", (event_id,))
        tables.events_went()
        tables.db.execute("DELETE FROM parked_events WHERE event_id = ?", (event_id,))
        settle(tables, events.decode(standing), event_id)


def admit(tables: Tables, event_id: str, text: str) -> bool:
    """Whether no bad line keeps this copy out; one that ranks before such a line replaces it."""
    raw = tables.spoiled.get(event_id)
    if raw is None:
        return True
    if _rank(raw) <= _rank(text.encode()):
        return False
    tables.changed = True
    del tables.spoiled[event_id]
    tables.db.execute("DELETE FROM spoiled_events WHERE event_id = ?", (event_id,))
    return True


def _standing(tables: Tables, event_id: str) -> bytes | None:
    row = tables.db.execute(
        "SELECT event_json FROM events WHERE event_id = ?", (event_id,)
    ).fetchone()
    return row[0].encode() if row else None


def _rank(raw: bytes) -> tuple[str, bytes]:
    return _READER.keys(raw).order, raw


def settle(tables: Tables, event: Event, event_id: str) -> None:
    """Works out anew what an event, which is there now or was, is about."""
    match event:
        case events.MessageCreate():
            messages.rebuild(tables, event.message_id, event_id)
        case events.AboutMessage():
            messages.rebuild(tables, event.message_id)
        case events.AgentRegister():
            agents.settle(tables, event.agent_id)
            claims.settle_agent(tables, event.agent_id)
        case events.UnknownEvent():
            pass
        case _:
            FUNCTIONS[type(event)](tables, event)
