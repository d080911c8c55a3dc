"""What a message that comes late takes into its thread."""

from __future__ import annotations

from collections.abc import Callable

from tests.thrum.daemon.projection.queries.asked import IDS, sent
from thrum import events
from thrum.daemon.projection.queries import happenings
from thrum.daemon.projection.queries.moves import Move, moves
from thrum.daemon.projection.tables import Tables

Put = Callable[..., None]


def answer(number: int, to: int, thread_id: str = "") -> events.MessageCreate:
    """A message that answers another one."""
    refs = [events.Pair("reply_to", IDS[to])]
    return sent(number, "bob", refs=refs, thread_id=thread_id)


def came(team: Tables, *numbers: int) -> dict[str, int]:
    """The messages with the numbers of their events."""
    rows = {each.event_id: number for number, each in happenings.since(team.db, 0, 100)[0]}
    return {IDS[number]: rows[f"evt_{number}"] for number in numbers}


def test_answers_that_were_there_before_are_named_with_what_they_left(
    team: Tables, put: Put
) -> None:
    put(answer(2, to=1, thread_id="thr_a"))
    put(answer(3, to=1, thread_id="thr_b"))
    put(answer(4, to=3))
    put(answer(9, to=8))
    put(sent(1, "ann", thread_id="thr_new"), sent(8, "ann"), sent(7, "ann"))
    put(answer(5, to=1, thread_id="thr_c"))
    found = moves(team.db, came(team, 1, 7, 8))
    assert found == {IDS[1]: Move(["thr_a", "thr_b"], [IDS[2], IDS[3], IDS[4]])}
    assert moves(team.db, came(team, 2, 3, 4, 5, 9)) == {}
    assert moves(team.db, {}) == {}


def test_a_ring_of_answers_has_an_end(team: Tables, put: Put) -> None:
    """Only a forger makes one."""
    put(answer(2, to=3, thread_id="thr_a"))
    put(answer(3, to=2, thread_id="thr_b"))
    (move,) = moves(team.db, came(team, 3)).values()
    assert (move.left, move.message_ids) == (["thr_a"], [IDS[2]])
