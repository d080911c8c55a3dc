"""`message.list` without an inbox, as a page that watches everything asks: work by count and time.

The work is counted in instructions of SQLite's machine, in a database with a tenth of the messages
and in one with all of them: what is flat does not grow between the two.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from typing import Final

from gitstore import Line, canonical
from tests.bench.figure import Figure, median
from thrum import events
from thrum.clock import format_ns
from thrum.daemon.projection import schema
from thrum.daemon.projection.queries.filters import ListFilter
from thrum.daemon.projection.queries.listing import list_messages
from thrum.daemon.projection.reading import take
from thrum.daemon.projection.tables import Tables

AGENTS: Final = 20
PERSON: Final = "user:ada"
CAREFUL: Final = "agent2"
"""Who has read everything but the first of each kind."""

ASKED: Final = 50
FLAT: Final = 1.5
"""How many times the work may be with ten times the messages."""

SHAPES: Final[dict[str, dict[str, object]]] = {
    "all": {},
    "all, without one's own": {"exclude_author": PERSON},
    "all, unread": {"unread_for": PERSON},
    "all, unread, without one's own": {"unread_for": PERSON, "exclude_author": PERSON},
    "by an author": {"author_id": "agent1"},
    "an inbox by an author": {"for_agent": PERSON, "author_id": "agent1"},
    "another's inbox": {"for_agent": "agent1"},
    "a group": {"scope": events.Pair("group", "crew")},
    "a group, unread": {"scope": events.Pair("group", "crew"), "unread_for": PERSON},
    "a group by an author": {"scope": events.Pair("group", "crew"), "author_id": "agent1"},
    "mentions": {"mentions": ("agent1",)},
    "last edited": {"sort_by": "updated_at"},
    "unread below what was read": {"unread_for": CAREFUL, "for_agent": CAREFUL},
    "a group, unread below what was read": {
        "scope": events.Pair("group", "crew"),
        "unread_for": CAREFUL,
    },
}


def filled(messages: int) -> sqlite3.Connection:
    """A town of agents and a person; mail to one, to a group and to all, some of it read."""
    db = sqlite3.connect(":memory:", isolation_level=None)
    schema.create(db, "2026-01-01T00:00:00Z")
    tables = Tables.read(db)
    made: list[events.Event] = []
    names = [f"agent{number}" for number in range(AGENTS)] + [PERSON]
    made += [
        events.AgentRegister(
            agent_id=name, kind="user" if name == PERSON else "agent", role=f"r{name}", module="m"
        )
        for name in names
    ]
    made.append(events.GroupCreate(group_id="grp_1", name="crew", created_by="agent0"))
    made += [
        events.GroupMemberAdd(group_id="grp_1", member_type="agent", member_value=name)
        for name in (PERSON, CAREFUL)
    ]
    for number in range(messages):
        message_id, way = f"msg_{number:026}", number % 10
        pair = events.Pair("group", "crew")
        made.append(
            events.MessageCreate(
                message_id=message_id,
                agent_id=names[number % AGENTS],
                body=events.Body("The valve leaks.", format="markdown"),
                scopes=[pair] if way == 1 else None,
                refs=[events.Pair("mention", names[(number + way) % AGENTS])] if way > 1 else None,
            )
        )
        readers = [PERSON] if way < 2 and number < messages * 9 // 10 else []
        readers += [CAREFUL] if number > AGENTS * 10 else []
        made += [
            events.MessageReceipt(message_id=message_id, agent_id=reader, receipt_type="read")
            for reader in readers
        ]
        if number % (messages // 20) == 1:
            body = events.Body("It does not any more.", format="markdown")
            made.append(events.MessageEdit(message_id=message_id, body=body))
        if number % 50 == 7:
            made.append(events.MessageDelete(message_id=message_id))
    for number, event in enumerate(made):
        event.event_id = f"evt_{number:026}"
        event.timestamp = format_ns(1_767_225_600_000_000_000 + number * 10**9)
    take(tables, [Line("events.jsonl", 0, canonical(each)) for each in made])
    return db


def work(db: sqlite3.Connection, wanted: ListFilter) -> int:
    """How many instructions of SQLite's machine a page takes."""
    count = 0

    def tick() -> None:
        nonlocal count
        count += 1

    db.set_progress_handler(tick, 1)
    list_messages(db, wanted)
    db.set_progress_handler(None, 0)
    return count


def figures(messages: int) -> Iterator[Figure]:
    """A page of 100 of each shape."""
    few, many = filled(messages // 10), filled(messages)
    for name, shape in SHAPES.items():
        wanted = ListFilter(reader=PERSON, page_size=100, **shape)  # type: ignore[arg-type]
        samples = []
        for _ in range(ASKED):
            begin = time.perf_counter()
            list_messages(many, wanted)
            samples.append((time.perf_counter() - begin) * 1000)
        p50 = median(samples)
        yield Figure(
            f"list of {messages:,}: {name}, p50", p50, "ms", aim="≤ 1.5 ms", met=p50 <= 1.5
        )
        wanted.page_size = 5  # so that the smaller database fills the page too
        growth = work(many, wanted) / work(few, wanted)
        met = growth <= FLAT
        yield Figure(f"list: {name}, work for ten times as much", growth, "×", aim="≤ 1.5", met=met)
