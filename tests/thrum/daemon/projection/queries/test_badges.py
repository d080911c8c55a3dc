"""A badge is what its list says, whatever happened before."""

from __future__ import annotations

import sqlite3
from typing import Any

from hypothesis import example, given, settings

from tests.thrum.daemon.projection.queries.test_totals import AGENTS, SCOPES, happened, histories
from thrum import events
from thrum.daemon.projection import counters
from thrum.daemon.projection.queries.badges import Badges, Waiting, badges
from thrum.daemon.projection.queries.filters import ListFilter
from thrum.daemon.projection.queries.listing import list_messages
from thrum.names import is_person


def rows(db: sqlite3.Connection, reader: str, unread_for: str = "", **filters: Any) -> int:
    """How many rows all pages of a list have."""
    unread_for = unread_for or reader
    wanted = ListFilter(reader=reader, unread_for=unread_for, page_size=100, **filters)
    listed = list_messages(db, wanted)
    assert len(listed.messages) == listed.total
    return listed.total


def some(numbers: dict[str, int]) -> dict[str, int]:
    return {name: number for name, number in numbers.items() if number}


def by_lists(db: sqlite3.Connection, me: str) -> Badges:
    """The same numbers, each asked of its list."""
    kinds = dict(db.execute("SELECT agent_id, kind FROM agents"))
    groups = [scope for scope in SCOPES if scope.type == "group"]
    agents = {
        other: Waiting(
            rows(db, other, for_agent=other),
            rows(db, me, for_agent=other) if is_person(me) else 0,
        )
        for other, kind in kinds.items()
        if other != me and kind != "user"
    }
    return Badges(
        inbox=rows(db, me, for_agent=me),
        mentions=rows(db, me, mentions=(me,)),
        groups=some({each.value: rows(db, me, scope=each) for each in groups}),
        partners=some({each: rows(db, me, for_agent=me, author_id=each) for each in AGENTS}),
        agents={each: count for each, count in agents.items() if count != Waiting()},
    )


def note(author: str, *to: str) -> events.MessageCreate:
    return events.MessageCreate(
        message_id=f"msg_{author}",
        agent_id=author,
        body=events.Body("text"),
        refs=[events.Pair("mention", each) for each in to],
        scopes=[SCOPES[0]],
    )


@settings(deadline=None, max_examples=150)
@given(histories)
@example([note("user:cy", "user:cy")])
@example([note("ann", "user:cy", "bob"), events.MessageDelete(message_id="msg_ann")])
@example([note("ann", "ann"), events.AgentCleanup(agent_id="ann")])
def test_it_is_what_lists_say(history: list[events.Event]) -> None:
    db = happened(history)
    for me in AGENTS:
        assert badges(db, me) == by_lists(db, me)
    db.close()


def test_it_reads_nothing_but_what_is_kept() -> None:
    """So it costs the same however many messages there are."""
    db = happened([note("ann", "user:cy", "bob")])
    read = set()

    def look(action: int, table: str | None, *_: object) -> int:
        if action == sqlite3.SQLITE_READ:
            read.add(table)
        return sqlite3.SQLITE_OK

    db.set_authorizer(look)
    badges(db, "user:cy")
    db.set_authorizer(None)
    assert read <= {*counters.TABLES, "agents", ""}
    db.close()
