"""What can be marked as read, and who has."""

from __future__ import annotations

from collections.abc import Callable

from tests.thrum.daemon.projection.queries.asked import IDS, at, read, sent
from thrum.daemon.projection.queries import receipts
from thrum.daemon.projection.tables import Tables

Put = Callable[..., None]


def test_what_can_be_marked(team: Tables, put: Put) -> None:
    put(sent(0, "ann", "bob"), sent(1, "ann", "cy"), sent(2, "ann"), sent(3, "ann", "bob"))
    put(read(0, "bob"), read(2, "cy"))
    asked = [IDS[3], IDS[0], IDS[1], IDS[2], "msg_none", IDS[3]]
    found = receipts.reached(team.db, "bob", asked)
    assert list(found.items()) == [(IDS[3], False), (IDS[0], True), (IDS[2], False)]
    assert receipts.reached(team.db, "bob", asked, before=at(102)) == {IDS[0]: True, IDS[2]: False}
    assert receipts.also_read_by(team.db, "bob", False, asked) == {IDS[2]: ["cy"]}
    assert receipts.also_read_by(team.db, "bob", True, [IDS[2]]) == {IDS[2]: ["ann", "cy"]}
