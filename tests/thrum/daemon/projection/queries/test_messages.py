"""One message, a few, and ids of those with something in common."""

from __future__ import annotations

from collections.abc import Callable

from tests.thrum.daemon.projection.queries.asked import IDS, at, read, sent
from thrum.daemon.projection.queries.messages import by_idempotency_key, messages_by_id
from thrum.daemon.projection.tables import Tables

Put = Callable[..., None]


def test_rows_by_id_are_in_the_order_of_time(team: Tables, put: Put) -> None:
    put(sent(0, "ann", "bob"), sent(1, "ann", "cy"), read(0, "bob"))
    rows = messages_by_id(team.db, [IDS[1], IDS[0]], "bob")
    assert [(row.message_id, row.is_read) for row in rows] == [(IDS[0], True), (IDS[1], False)]


def test_a_key_finds_its_message_for_a_while(team: Tables, put: Put) -> None:
    put(sent(0, "ann", "bob", idempotency_key="k"), sent(1, "ann", "bob", idempotency_key="other"))
    assert by_idempotency_key(team.db, "ann", "k", at(0)) == IDS[0]
    assert by_idempotency_key(team.db, "ann", "k", at(500)) is None
    assert by_idempotency_key(team.db, "bob", "k", at(0)) is None
