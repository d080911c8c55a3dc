"""Numbers of messages that nobody has to count."""

from __future__ import annotations

from collections.abc import Callable

from tests.thrum.daemon.projection.queries.asked import IDS, at, read, sent
from thrum import events
from thrum.daemon.projection.queries import tallies
from thrum.daemon.projection.queries.tallies import Written
from thrum.daemon.projection.tables import Tables

Put = Callable[..., None]


def test_what_was_written_is_known_by_author_and_in_all(team: Tables, put: Put) -> None:
    assert tallies.written(team.db) == Written(0, 0)
    put(sent(0, "ann", "bob"), sent(1, "ann"), sent(2, "bob", "cy"))
    put(events.MessageDelete(message_id=IDS[1], timestamp=at(201), event_id="evt_d"))
    assert tallies.written(team.db) == Written(2, 1)
    assert tallies.written_by(team.db, "ann") == Written(1, 1)
    assert tallies.written_by(team.db, "bob") == Written(1, 0)
    assert tallies.written_by(team.db, "cy") == Written(0, 0)


def test_unread_is_what_lies_there_and_what_never_came(team: Tables, put: Put) -> None:
    put(sent(0, "ann", "bob"), sent(1, "ann", "cy"), sent(2, "bob", "bob"), sent(3, "cy"))
    put(read(3, "bob"))
    assert tallies.unreached(team.db, "bob") == 1
    assert tallies.unread_by(team.db, "bob") == 2
    assert tallies.unreached(team.db, "nobody") == tallies.unread_by(team.db, "nobody") == 4
