"""What an author sent."""

from __future__ import annotations

from collections.abc import Callable

from tests.thrum.daemon.projection.queries.asked import read, sent
from thrum import events
from thrum.daemon.projection.queries.outbox import OutboxFilter, outbox
from thrum.daemon.projection.tables import Tables

Put = Callable[..., None]


IDS = [f"msg_01AAAAAAAAAAAAAAAAAAAA{n:04}" for n in range(40)]


def test_an_outbox_says_whom_it_reached(team: Tables, put: Put) -> None:
    put(sent(0, "ann", "dev"), sent(1, "ann"), sent(2, "bob", "ann"), read(1, "cy"))
    page = outbox(team.db, OutboxFilter(author="ann"))
    assert [IDS.index(row.message_id) for row in page.messages] == [1, 0]
    everyone, role = page.messages
    assert everyone.audiences == [events.Pair("broadcast", "everyone")]
    assert [each.agent_id for each in everyone.recipients or ()] == ["bob", "cy"]
    assert everyone.read_count == 1
    assert role.audiences == [events.Pair("mention", "dev")]
    assert [each.agent_id for each in role.recipients or ()] == ["bob"]

    def to(**wanted: object) -> list[int]:
        found = outbox(team.db, OutboxFilter(author="ann", **wanted))  # type: ignore[arg-type]
        return [IDS.index(row.message_id) for row in found.messages]

    assert to(to="everyone") == [1]
    assert to(to="dev") == [0]
    assert to(to="cy") == [1]
    put(read(0, "bob"), read(1, "bob"))
    assert to(unread=True) == []
