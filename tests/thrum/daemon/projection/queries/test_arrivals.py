"""Which messages came, and whom they reached."""

from __future__ import annotations

from collections.abc import Callable

from tests.thrum.daemon.projection.queries.asked import IDS, read, sent
from thrum.daemon.projection.queries import arrivals
from thrum.daemon.projection.tables import Tables

Put = Callable[..., None]


def test_arrivals_are_numbered_in_their_order(team: Tables, put: Put) -> None:
    before = arrivals.last(team.db)
    put(sent(2, "ann", "bob"), sent(0, "ann", "bob"), read(0, "bob"), sent(1, "ann", "bob"))
    found = arrivals.since(team.db, before, 10)
    assert [each.message_id for each in found] == [IDS[2], IDS[0], IDS[1]]
    assert [each.message_id for each in arrivals.since(team.db, found[0].number, 1)] == [IDS[0]]
    assert arrivals.since(team.db, arrivals.last(team.db), 10) == []
    numbers = arrivals.numbers(team.db, ["evt_1", "evt_2", "evt_none"])
    assert numbers == {"evt_2": found[0].number, "evt_1": found[2].number}


def test_inboxes_tells_for_many_messages_and_agents_at_once(team: Tables, put: Put) -> None:
    put(sent(0, "ann", "bob"), sent(1, "ann", "dev"), sent(2, "ann"), sent(3, "bob", "bob"))
    put(read(0, "bob"))
    found = arrivals.reached(team.db, IDS[:4], ["ann", "bob", "cy"])
    assert found == {(IDS[0], "bob"), (IDS[1], "bob"), (IDS[2], "bob"), (IDS[2], "cy")}
    assert arrivals.reached(team.db, [], ["bob"]) == set()
    assert arrivals.reached(team.db, IDS[:4], []) == set()


def test_a_message_reached_whom_it_was_for(team: Tables, put: Put) -> None:
    put(sent(0, "ann", "bob"), read(0, "bob"), sent(1, "ann", "dev"), sent(2, "ann"))
    found = arrivals.reached(team.db, IDS[:3], ["ann", "bob", "cy"])
    assert found == {(IDS[0], "bob"), (IDS[1], "bob"), (IDS[2], "bob"), (IDS[2], "cy")}
    assert arrivals.reached(team.db, [], ["bob"]) == set()
    assert arrivals.reached(team.db, IDS[:3], []) == set()
