"""What an author sent."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.thrum.daemon.projection.queries.asked import IDS, at, read, sent
from thrum import events
from thrum.daemon.projection.queries import rows
from thrum.daemon.projection.queries.outbox import OutboxFilter, outbox
from thrum.daemon.projection.tables import Tables

Put = Callable[..., None]


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


def test_deleted_ones_are_shown_unless_they_are_not_wanted(team: Tables, put: Put) -> None:
    put(sent(0, "ann", "bob"), sent(1, "ann", "bob"))
    put(events.MessageDelete(message_id=IDS[0], timestamp=at(201), event_id="evt_d"))
    every = outbox(team.db, OutboxFilter(author="ann"))
    assert [(row.message_id, row.deleted) for row in every.messages] == [
        (IDS[1], False),
        (IDS[0], True),
    ]
    kept = outbox(team.db, OutboxFilter(author="ann", include_deleted=False))
    assert ([row.message_id for row in kept.messages], kept.total) == ([IDS[1]], 1)


def test_pages_follow_each_other(team: Tables, put: Put) -> None:
    put(*(sent(number, "ann", "bob") for number in range(7)))
    pages = [
        outbox(team.db, OutboxFilter(author="ann", page=page, page_size=3)) for page in (1, 2, 3, 4)
    ]
    shown = [IDS.index(row.message_id) for page in pages for row in page.messages]
    assert shown == [6, 5, 4, 3, 2, 1, 0]
    assert {(page.total, page.total_pages, page.page_size) for page in pages} == {(7, 3, 3)}


@pytest.mark.parametrize("room", [1, 13, 20, 10_000])
@pytest.mark.parametrize("which", [{}, {"page": 2}, {"to": "bob", "include_deleted": False}])
def test_a_page_that_is_too_much_comes_in_parts(
    team: Tables, put: Put, monkeypatch: pytest.MonkeyPatch, which: dict[str, object], room: int
) -> None:
    put(*(sent(n, "ann", "bob") for n in range(9)))
    question = {"author": "ann", "page_size": 5, **which}
    whole = outbox(team.db, OutboxFilter(**question))  # type: ignore[arg-type]
    monkeypatch.setattr(rows, "LARGEST", room)
    found: list[rows.Row] = []
    is_more = True
    while is_more:
        part = outbox(team.db, OutboxFilter(**question, skip=len(found)))  # type: ignore[arg-type]
        assert (part.total, part.total_pages) == (whole.total, whole.total_pages)
        found, is_more = [*found, *part.messages], part.truncated
    assert found == whole.messages
    assert outbox(team.db, OutboxFilter(**question, skip=99)).messages == []  # type: ignore[arg-type]
