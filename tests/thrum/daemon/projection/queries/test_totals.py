"""Pages and their numbers are what going through all messages gives, whatever happened before."""

from __future__ import annotations

import itertools
import sqlite3

from hypothesis import given, settings
from hypothesis import strategies as st

from gitstore import Line, canonical
from tests.laws import examples
from thrum import events
from thrum.daemon.projection import schema
from thrum.daemon.projection.queries.filters import ListFilter
from thrum.daemon.projection.queries.listing import list_messages
from thrum.daemon.projection.reading import take
from thrum.daemon.projection.tables import Tables

AGENTS = ["ann", "bob", "user:cy"]
MENTIONED = [*AGENTS, "dev"]
SCOPES = [events.Pair("group", "crew"), events.Pair("x", "y")]
MESSAGES = [f"msg_{number:026}" for number in range(8)]

agents = st.sampled_from(AGENTS)
ids = st.sampled_from(MESSAGES)
mentions = st.lists(
    st.builds(events.Pair, st.just("mention"), st.sampled_from(MENTIONED)), max_size=2
)
answers = st.lists(st.builds(events.Pair, st.just("reply_to"), ids), max_size=1)
sends = st.builds(
    lambda message_id, agent_id, named, answered, scopes: events.MessageCreate(
        message_id=message_id,
        agent_id=agent_id,
        body=events.Body("text", format="markdown"),
        refs=[*named, *answered] or None,
        scopes=scopes or None,
    ),
    ids,
    agents,
    mentions,
    answers,
    st.lists(st.sampled_from(SCOPES), max_size=2),
)
changes = st.one_of(
    st.builds(events.MessageReceipt, message_id=ids, agent_id=agents, receipt_type=st.just("read")),
    st.builds(events.MessageDelete, message_id=ids),
    st.builds(
        events.MessageEdit, message_id=ids, body=st.just(events.Body("new", format="markdown"))
    ),
    st.builds(
        events.GroupMemberAdd,
        group_id=st.just("grp_1"),
        member_type=st.just("agent"),
        member_value=agents,
    ),
    st.builds(
        events.GroupMemberRemove,
        group_id=st.just("grp_1"),
        member_type=st.just("agent"),
        member_value=agents,
    ),
    st.builds(events.AgentCleanup, agent_id=agents),
    st.builds(
        events.AgentRegister,
        agent_id=agents,
        kind=st.just("agent"),
        role=st.sampled_from(["dev", "ops"]),
        module=st.just("m"),
    ),
)
histories = st.tuples(st.lists(sends, max_size=12), st.lists(changes, max_size=12)).map(
    lambda both: list(itertools.chain(*both))
)


def wishes() -> st.SearchStrategy[ListFilter]:
    """Every filter, mostly left alone."""

    def maybe(value: st.SearchStrategy[object], nothing: object) -> st.SearchStrategy[object]:
        return st.one_of(st.just(nothing), st.just(nothing), value)

    readers = st.sampled_from(["", *AGENTS])
    return readers.flatmap(
        lambda reader: st.builds(
            ListFilter,
            for_agent=maybe(agents, ""),
            or_mention=maybe(st.sampled_from(MENTIONED), ""),
            mentions=maybe(st.lists(st.sampled_from(MENTIONED), min_size=1, max_size=3), ()),
            scope=maybe(st.sampled_from(SCOPES), None),
            ref=maybe(st.builds(events.Pair, st.just("reply_to"), ids), None),
            thread_id=maybe(st.sampled_from([f"thr_{each[4:]}" for each in MESSAGES]), ""),
            author_id=maybe(agents, ""),
            unread_for=maybe(agents, ""),
            reader=st.just(reader),
            exclude_author=st.sampled_from(["", reader]),
            created_after=maybe(st.sampled_from([when(5), when(9)]), ""),
            include_deleted=st.booleans(),
            sort_by=maybe(st.just("updated_at"), "created_at"),
            ascending=st.booleans(),
            by_conversation=maybe(st.just(True), False),
            page=st.sampled_from([1, 1, 2, 3]),
            page_size=st.sampled_from([1, 3, 100]),
        )
    )


def when(second: int) -> str:
    return f"2026-01-01T00:00:{second:02}.000000000Z"


def start() -> list[events.Event]:
    return [
        *(
            events.AgentRegister(
                agent_id=name,
                kind="user" if name.startswith("user:") else "agent",
                role="dev" if name == "ann" else "ops",
                module="m",
            )
            for name in AGENTS
        ),
        events.GroupCreate(group_id="grp_1", name="crew", created_by="ann"),
    ]


def happened(history: list[events.Event]) -> sqlite3.Connection:
    db = sqlite3.connect(":memory:", isolation_level=None)
    schema.create(db, when(0))
    tables = Tables.read(db)
    for number, event in enumerate([*start(), *history]):
        event.event_id = f"evt_{number:026}"
        event.timestamp = when(number)
        take(tables, [Line("events.jsonl", 0, canonical(event))])
    return db


def has(db: sqlite3.Connection, sql: str, *values: object) -> bool:
    return db.execute(sql, values).fetchone() is not None


def in_inbox(db: sqlite3.Connection, message_id: str, agent_id: str) -> bool:
    return has(
        db,
        "SELECT 1 FROM message_deliveries WHERE message_id = ? AND recipient_agent_id = ?"
        " AND inbox > 0",
        message_id,
        agent_id,
    )


def is_read(db: sqlite3.Connection, message_id: str, agent_id: str) -> bool:
    return has(
        db,
        "SELECT 1 FROM message_deliveries WHERE message_id = ? AND recipient_agent_id = ?"
        " AND read_at IS NOT NULL",
        message_id,
        agent_id,
    )


def bears(db: sqlite3.Connection, message_id: str, kind: str, pair: events.Pair) -> bool:
    return has(
        db,
        f"SELECT 1 FROM message_{kind}s"
        f" WHERE message_id = ? AND {kind}_type = ? AND {kind}_value = ?",
        message_id,
        pair.type,
        pair.value,
    )


def matches(db: sqlite3.Connection, message: sqlite3.Row, wanted: ListFilter) -> bool:
    """Whether a message is in the list, but for authors asked for, what is read or deleted."""
    message_id = message["message_id"]

    def mentions_(name: str) -> bool:
        return bears(db, message_id, "ref", events.Pair("mention", name))

    lies = bool(wanted.for_agent) and in_inbox(db, message_id, wanted.for_agent)
    lies = lies or (bool(wanted.or_mention) and mentions_(wanted.or_mention))
    return all(
        (
            lies or not (wanted.for_agent or wanted.or_mention),
            not wanted.mentions or any(map(mentions_, wanted.mentions)),
            not wanted.scope or bears(db, message_id, "scope", wanted.scope),
            not wanted.ref or bears(db, message_id, "ref", wanted.ref),
            not wanted.thread_id or message["thread_id"] == wanted.thread_id,
            not wanted.exclude_author or message["agent_id"] != wanted.exclude_author,
            message["created_at"] > wanted.created_after,
        )
    )


def in_order(messages: list[sqlite3.Row], wanted: ListFilter) -> list[str]:
    by_time = sorted(messages, key=lambda each: (each["created_at"], each["message_id"]))
    if wanted.by_conversation:
        by_time.sort(key=lambda each: each["reply_to"] or each["message_id"])
        return [each["message_id"] for each in by_time]
    if wanted.sort_by == "updated_at":
        by_time.sort(key=lambda each: each["updated_at"] or "")
    ids = [each["message_id"] for each in by_time]
    return ids if wanted.ascending else ids[::-1]


def naive(db: sqlite3.Connection, wanted: ListFilter) -> tuple[list[str], int, int]:
    """All ids, how many there are and how many are unread, by looking at every message."""
    db.row_factory = sqlite3.Row
    everything = db.execute("SELECT * FROM messages").fetchall()
    db.row_factory = None
    common = [each for each in everything if matches(db, each, wanted)]
    unread = [
        each
        for each in common
        if not each["deleted"] and not is_read(db, each["message_id"], wanted.reader)
    ]
    shown = [
        each
        for each in common
        if (wanted.include_deleted or not each["deleted"])
        and (not wanted.author_id or each["agent_id"] == wanted.author_id)
        and not (wanted.unread_for and is_read(db, each["message_id"], wanted.unread_for))
    ]
    return in_order(shown, wanted), len(shown), len(unread) if wanted.reader else 0


@settings(max_examples=examples(40))
@given(history=histories, asked=st.lists(wishes(), min_size=15, max_size=15))
def test_a_list_is_what_looking_at_every_message_gives(
    history: list[events.Event], asked: list[ListFilter]
) -> None:
    db = happened(history)
    for wanted in asked:
        ids, total, unread = naive(db, wanted)
        page = list_messages(db, wanted)
        begin = (wanted.page - 1) * wanted.page_size
        assert [row.message_id for row in page.messages] == ids[begin : begin + wanted.page_size]
        assert (page.total, page.unread) == (total, unread), wanted
        for row in page.messages:
            reader = wanted.reader or wanted.for_agent
            assert row.is_read == is_read(db, row.message_id, reader)
    db.close()
