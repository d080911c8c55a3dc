"""Pages of messages, and an inbox in numbers."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.thrum.daemon.projection.queries.asked import IDS, at, read, sent
from thrum import events
from thrum.daemon.projection.queries import rows
from thrum.daemon.projection.queries.filters import ListFilter
from thrum.daemon.projection.queries.listing import list_messages
from thrum.daemon.projection.queries.tallies import inbox_counts
from thrum.daemon.projection.tables import Tables

Put = Callable[..., None]


def deleted(number: int) -> events.MessageDelete:
    return events.MessageDelete(
        message_id=IDS[number], timestamp=at(201), event_id=f"evt_d{number}"
    )


def shown(tables: Tables, **wanted: object) -> list[int]:
    page = list_messages(tables.db, ListFilter(**wanted))  # type: ignore[arg-type]
    return [IDS.index(row.message_id) for row in page.messages]


def test_an_inbox_page_is_the_newest_messages(team: Tables, put: Put) -> None:
    put(*(sent(n, "ann", "bob") for n in range(25)), read(24, "bob"), sent(30, "ann", "cy"))
    page = list_messages(team.db, ListFilter(for_agent="bob", reader="bob", page=1))
    assert [row.message_id for row in page.messages] == IDS[24:14:-1]
    assert (page.total, page.unread, page.total_pages) == (25, 24, 3)
    assert [row.is_read for row in page.messages] == [True] + [False] * 9
    assert page.messages[0].refs == [events.Pair("mention", "bob")]
    assert shown(team, for_agent="bob", page=3) == [4, 3, 2, 1, 0]
    assert shown(team, for_agent="bob", ascending=True, page_size=2) == [0, 1]
    assert shown(team, for_agent="bob", unread_for="bob", page_size=2) == [23, 22]
    assert inbox_counts(team.db, "bob").unread == 24


FILTERS: list[dict[str, object]] = [
    {},
    {"exclude_author": "bob"},
    {"unread_for": "bob"},
    {"unread_for": "bob", "exclude_author": "bob"},
]


@pytest.mark.parametrize("wanted", FILTERS)
def test_the_quick_page_is_the_filtered_page(
    team: Tables, put: Put, wanted: dict[str, object]
) -> None:
    put(sent(0, "ann", "bob"), sent(1, "bob", "bob"), sent(2, "bob", "cy"), sent(3, "ann"))
    put(sent(4, "cy", "dev"), read(0, "bob"), sent(5, "ann", "bob"), deleted(5), sent(6, "bob"))
    quick = list_messages(
        team.db,
        ListFilter(for_agent="bob", reader="bob", **wanted),  # type: ignore[arg-type]
    )
    slow = list_messages(
        team.db,
        ListFilter(for_agent="bob", reader="bob", created_after=at(0), **wanted),  # type: ignore[arg-type]
    )
    assert quick == slow
    assert quick.total == len(quick.messages)


def test_deleted_messages_are_shown_when_asked_for(team: Tables, put: Put) -> None:
    put(sent(0, "ann", "bob"), sent(1, "ann", "bob"), deleted(0))
    assert shown(team, for_agent="bob") == [1]
    assert shown(team, for_agent="bob", include_deleted=True) == [1, 0]
    assert shown(team) == [1]
    assert shown(team, include_deleted=True) == [1, 0]
    counts = inbox_counts(team.db, "bob")
    assert (counts.total, counts.unread, counts.deleted) == (1, 1, 1)


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        ({"author_id": "cy"}, [3]),
        ({"mentions": ["cy", "dev"]}, [3, 1]),
        ({"or_mention": "cy"}, [1]),
        ({"for_agent": "bob", "or_mention": "cy"}, [4, 3, 2, 1, 0]),
        ({"for_agent": "bob", "or_mention": "cy", "created_after": at(101)}, [4, 3, 2]),
        ({"for_agent": "bob", "mentions": ["dev"]}, [3]),
        ({"scope": events.Pair("x", "y")}, [2]),
        ({"ref": events.Pair("reply_to", IDS[0])}, [4]),
        ({"thread_id": f"thr_{IDS[0][4:]}"}, [4, 0]),
        ({"created_after": at(102)}, [4, 3]),
        ({"exclude_author": "ann"}, [4, 3]),
        ({"sort_by": "updated_at"}, [1, 4, 3, 2, 0]),
        ({"by_conversation": True}, [0, 4, 1, 2, 3]),
    ],
)
def test_filters(team: Tables, put: Put, wanted: dict[str, object], expected: list[int]) -> None:
    put(
        sent(0, "ann", "bob"),
        sent(1, "ann", "cy"),
        sent(2, "ann", scopes=[events.Pair("x", "y")]),
        sent(3, "cy", "dev"),
        sent(4, "bob", refs=[events.Pair("reply_to", IDS[0]), events.Pair("mention", "bob")]),
        events.MessageEdit(
            message_id=IDS[1], body=events.Body("new"), timestamp=at(300), event_id="evt_e"
        ),
    )
    assert shown(team, **wanted) == expected
    page = list_messages(team.db, ListFilter(**wanted))  # type: ignore[arg-type]
    assert page.total == len(expected)


def test_unread_is_the_readers(team: Tables, put: Put) -> None:
    put(sent(0, "ann", "bob"), sent(1, "ann", "cy"), read(0, "bob"))
    anybodys, bobs = (ListFilter(created_after=at(0), reader=one) for one in ("", "bob"))
    assert list_messages(team.db, anybodys).unread == 0
    assert list_messages(team.db, bobs).unread == 1


def steps(tables: Tables, wanted: ListFilter) -> int:
    """How many instructions of SQLite's machine a page takes."""
    count = 0

    def tick() -> None:
        nonlocal count
        count += 1

    tables.db.set_progress_handler(tick, 1)
    list_messages(tables.db, wanted)
    tables.db.set_progress_handler(None, 0)
    return count


FAR: dict[str, object] = {"page": 1000}
FLAT: list[dict[str, object]] = [
    *(each | {"for_agent": "bob"} for each in (*FILTERS, FAR)),
    *FILTERS,
    FAR,
    {"author_id": "ann"},
    {"include_deleted": True},
]


@pytest.mark.parametrize("wanted", FLAT)
def test_a_page_does_not_cost_more_with_more_messages(
    team: Tables, put: Put, wanted: dict[str, object]
) -> None:
    asked = ListFilter(reader="bob", **wanted)  # type: ignore[arg-type]
    put(*(sent(n % 40, "ann", "bob", message_id=f"msg_{n}", event_id=f"e{n}") for n in range(40)))
    few = steps(team, asked)
    put(
        *(
            sent(n % 40, "ann", "bob", message_id=f"msg_{n}", event_id=f"e{n}")
            for n in range(40, 600)
        )
    )
    assert steps(team, asked) < few * 1.2


def test_what_is_unread_is_found_below_much_that_was_read(team: Tables, put: Put) -> None:
    """By way of the inbox, as long as nothing is unread that never reached the reader."""
    put(sent(0, "ann", "bob"))
    asked = ListFilter(reader="bob", unread_for="bob")
    few = steps(team, asked)
    for number in range(1, 400):
        fields = {"message_id": f"msg_{number}", "event_id": f"e{number}"}
        put(sent(1 + number % 39, "ann", "bob", **fields))
        put(read_of(f"msg_{number}", number))
    assert shown(team, reader="bob", unread_for="bob") == [0]
    assert steps(team, asked) < few * 1.2


def read_of(message_id: str, number: int) -> events.MessageReceipt:
    return events.MessageReceipt(
        message_id=message_id,
        agent_id="bob",
        receipt_type="read",
        timestamp=at(300),
        event_id=f"evt_rr{number}",
    )


def test_pages_of_everything_are_read_from_an_index(team: Tables, put: Put) -> None:
    put(*(sent(n, "ann", "bob") for n in range(5)))
    asked: list[str] = []
    team.db.set_trace_callback(asked.append)
    for wanted in ({}, {"exclude_author": "bob"}, {"unread_for": "bob"}, {"author_id": "ann"}):
        list_messages(team.db, ListFilter(reader="bob", **wanted))  # type: ignore[arg-type]
    team.db.set_trace_callback(None)
    plans = [
        row[3]
        for sql in asked
        for row in team.db.execute(f"EXPLAIN QUERY PLAN {sql}")
        if "author_counts" not in row[3]
    ]
    assert len(plans) > 10
    for plan in plans:
        assert not plan.startswith("SCAN") or "USING INDEX" in plan, plan
        assert "TEMP B-TREE" not in plan, plan


ORDERS: list[dict[str, object]] = [
    {},
    {"ascending": True},
    {"for_agent": "bob", "reader": "bob"},
    {"for_agent": "bob", "reader": "bob", "unread_for": "bob", "ascending": True},
    {"for_agent": "bob", "by_conversation": True},
    {"sort_by": "updated_at"},
    {"sort_by": "updated_at", "ascending": True},
    {"created_after": at(102), "include_deleted": True},
    {"page": 2, "page_size": 7},
]


@pytest.mark.parametrize("wanted", ORDERS)
@pytest.mark.parametrize("room", [1, 30, 61, 100_000])
def test_a_page_that_is_too_much_comes_in_parts(
    team: Tables, put: Put, monkeypatch: pytest.MonkeyPatch, wanted: dict[str, object], room: int
) -> None:
    """Whatever the order; all parts are the page, none is too much, and numbers stay."""
    edits = [
        events.MessageEdit(
            message_id=IDS[n],
            body=events.Body("n" * 20, format="markdown"),
            timestamp=at(300 + n),
            event_id=f"evt_e{n}",
        )
        for n in (3, 8, 12)
    ]
    texts = [events.Body("é" * 10, format="markdown", structured='{"a": 1}') for _ in range(15)]
    put(*(sent(n, "ann", "bob", body=text) for n, text in enumerate(texts)), *edits, read(4, "bob"))
    question = {"page_size": 15, **wanted}
    whole = list_messages(team.db, ListFilter(**question))  # type: ignore[arg-type]
    monkeypatch.setattr(rows, "LARGEST", room)
    found: list[rows.Row] = []
    is_more = True
    while is_more:
        filter = ListFilter(**question, skip=len(found))  # type: ignore[arg-type]
        part = list_messages(team.db, filter)
        assert (part.total, part.unread, part.page, part.total_pages) == (
            whole.total,
            whole.unread,
            whole.page,
            whole.total_pages,
        )
        sizes = [len(f"{row.body.content}{row.body.structured}".encode()) for row in part.messages]
        assert len(sizes) == 1 or sum(sizes) <= room
        found += part.messages
        is_more = part.truncated
    assert found == whole.messages
    beyond = ListFilter(**question, skip=99)  # type: ignore[arg-type]
    assert list_messages(team.db, beyond).messages == []
