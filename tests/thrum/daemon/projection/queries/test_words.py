"""What agents wrote last."""

from __future__ import annotations

from collections.abc import Callable

from tests.thrum.daemon.projection.queries.asked import IDS, at, sent
from thrum import events
from thrum.daemon.projection.queries.words import Word, last_words
from thrum.daemon.projection.tables import Tables


def test_it_is_the_newest_that_was_not_taken_back(tables: Tables, put: Callable[..., None]) -> None:
    put(
        sent(1, "ann"),
        sent(3, "ann", body=events.Body("ä" * 201)),
        sent(2, "ann"),
        sent(4, "ann"),
        sent(5, "bob"),
        events.MessageDelete(message_id=IDS[4], timestamp=at(300), event_id="evt_d"),
        events.MessageDelete(message_id=IDS[5], timestamp=at(301), event_id="evt_e"),
    )
    assert last_words(tables.db, ["ann", "bob", "cy"]) == {"ann": Word(IDS[3], at(103), "ä" * 200)}
    assert last_words(tables.db, []) == {}
