"""What was answered to a message."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.thrum.daemon.projection.queries.asked import IDS, sent
from thrum.daemon.projection.queries.answers import answers
from thrum.daemon.projection.tables import Tables
from thrum.events import Pair

Put = Callable[..., None]


def to(number: int) -> list[Pair]:
    return [Pair("reply_to", IDS[number])]


@pytest.mark.parametrize("backwards", [False, True])
def test_of_the_first_all_of_the_conversation_by_others(
    team: Tables, put: Put, backwards: bool
) -> None:
    told = [
        sent(0, "ann", "bob"),
        sent(1, "ann", refs=to(0)),
        sent(2, "bob", refs=to(1)),
        sent(3, "cat", refs=to(0)),
        sent(4, "bob", refs=to(2)),
        sent(5, "bob", "ann"),
    ]
    put(*(reversed(told) if backwards else told))
    assert answers(team.db, IDS[0], 9) == [IDS[2], IDS[3], IDS[4]]
    assert answers(team.db, IDS[0], 1) == [IDS[2]]
    assert answers(team.db, IDS[1], 9) == [IDS[2]], "of one within it, what answers it"
    assert answers(team.db, IDS[2], 9) == answers(team.db, IDS[5], 9) == []
    assert answers(team.db, "msg_nope", 9) == []
