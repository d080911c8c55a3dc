"""Any order, any split into batches, any repetition: the same tables."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from itertools import chain, islice

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gitstore import Format, Line, canonical
from gitstore.line import Reader, normal
from tests.laws import examples
from tests.thrum.daemon.projection.apply.people import registered
from tests.thrum.daemon.projection.apply.people import sent as said
from thrum import events
from thrum.audience import Addressed, reaches
from thrum.clock import format_ns
from thrum.daemon.projection import counters
from thrum.daemon.projection.apply import deliveries, withholding
from thrum.daemon.projection.apply.withholding import turn
from thrum.daemon.projection.facts import Event
from thrum.daemon.projection.omission import covers_line, purges_in
from thrum.daemon.projection.reading import take
from thrum.daemon.projection.sorting import in_order
from thrum.daemon.projection.tables import Tables
from thrum.purges import ROWS, sent, stream

Empty = Callable[[], Tables]
Read = Callable[[Tables], dict[str, list[tuple[object, ...]]]]

AGENTS = ["ann", "bob", "user:cy", "px:dan"]
ROLES = ["ann", "dev", "ops"]
MESSAGES = [f"msg_{n}" for n in range(4)]
SESSIONS = ["ses_1", "ses_2"]
GROUP_IDS = ["grp_1", "grp_2", "grp_3"]
GROUPS = ["team", "crew"]
TIMES = [format_ns((1_700_000_000 + n) * 1_000_000_000) for n in range(8)]

agents = st.sampled_from(AGENTS)
messages = st.sampled_from(MESSAGES)
sessions = st.sampled_from(SESSIONS)
group_ids = st.sampled_from(GROUP_IDS)
texts = st.sampled_from(["", "a", "b"])
bodies = st.builds(
    events.Body, content=texts, format=st.just("markdown"), structured=st.sampled_from(["", "{}"])
)
refs = st.one_of(
    st.builds(events.Pair, st.just("mention"), st.sampled_from(AGENTS + ROLES)),
    st.builds(events.Pair, st.just("reply_to"), messages),
    st.builds(events.Pair, st.sampled_from(["broadcast", "group"]), st.just("everyone")),
)
scopes = st.builds(
    events.Pair, st.sampled_from(["group", "broadcast", "x"]), st.sampled_from(GROUPS)
)


ORIGINS = ["", "d_host", f"d_{'A' * 26}"]


def made(struct: type[events.Event], **fields: st.SearchStrategy[object]) -> st.SearchStrategy:
    fields.setdefault("origin_daemon", st.sampled_from(ORIGINS))
    return st.builds(struct, timestamp=st.sampled_from(TIMES), v=st.just(1), **fields)


creates = made(
    events.MessageCreate,
    message_id=messages,
    agent_id=agents,
    session_id=sessions,
    body=bodies,
    thread_id=st.sampled_from(["", "thr_own"]),
    scopes=st.lists(scopes, max_size=2),
    refs=st.lists(refs, max_size=3),
    recipients=st.lists(agents, max_size=2),
)
registrations = made(
    events.AgentRegister,
    agent_id=agents,
    kind=st.sampled_from(["", "agent", "monitor"]),
    role=st.sampled_from(ROLES),
    module=texts,
    display=texts,
    hostname=texts,
    agent_pid=st.integers(0, 2),
    person=texts,
    moves=st.sampled_from([0, 0, 0, 1, 1, 2]),
    moved_by=texts,
)
contexts = st.builds(
    events.WorkContext,
    session_id=sessions,
    branch=texts,
    git_updated_at=st.sampled_from(["", *TIMES]),
    intent=texts,
    intent_updated_at=st.sampled_from(["", "nonsense", *TIMES]),
)
members = {
    "group_id": group_ids,
    "member_type": st.sampled_from(["agent", "role"]),
    "member_value": st.sampled_from([*AGENTS, *ROLES, "*"]),
}
claim_ids = st.sampled_from(["clm_1", "clm_2", "clm_3"])
untils = st.sampled_from([*TIMES[4:], format_ns(1_700_000_100 * 1_000_000_000)])
takes = made(
    events.ClaimTake,
    claim_id=claim_ids,
    agent_id=agents,
    kind=st.just("path"),
    what=st.sampled_from(["src", "src/a.py", "src/*.py", "SRC/A.PY", "doc"]),
    until=untils,
    session_id=st.one_of(st.just(""), sessions),
    shared=st.booleans(),
    note=texts,
)
any_event = st.one_of(
    creates,
    creates,
    takes,
    takes,
    made(events.ClaimRenew, claim_id=claim_ids, agent_id=agents, until=untils, note=texts),
    made(events.ClaimRelease, claim_id=claim_ids, reason=texts, released_by=texts),
    registrations,
    made(events.MessageEdit, message_id=messages, body=bodies),
    made(events.MessageDelete, message_id=messages, reason=texts),
    made(
        events.MessageReceipt,
        message_id=messages,
        agent_id=agents,
        receipt_type=st.sampled_from(["seen", "read"]),
    ),
    made(events.SessionStart, session_id=sessions, agent_id=agents),
    made(events.SessionEnd, session_id=sessions, reason=texts),
    made(events.AgentUpdate, agent_id=agents, work_contexts=st.lists(contexts, max_size=2)),
    made(events.AgentCleanup, agent_id=agents),
    made(events.GroupCreate, group_id=group_ids, name=st.sampled_from(GROUPS), created_by=agents),
    made(events.GroupMemberAdd, added_by=agents, **members),
    made(events.GroupMemberRemove, removed_by=agents, **members),
    made(events.GroupDelete, group_id=group_ids),
    made(
        events.GroupUpdate,
        group_id=group_ids,
        fields=st.dictionaries(
            st.sampled_from(["name", "description"]), st.sampled_from([*GROUPS, "new"])
        ),
    ),
    made(
        events.PurgeExecuted,
        cutoff=st.sampled_from(TIMES),
        marks=st.one_of(
            st.none(),
            st.dictionaries(
                st.sampled_from(
                    [
                        ROWS,
                        *{stream(origin, agent) for origin in ORIGINS for agent in ["", *AGENTS]},
                    ]
                ),
                st.sampled_from(["evt_05", "evt_12", "evt_99", "msg_1", "msg_9"]),
                min_size=2,
            ),
        ),
    ),
)
row_lines = st.one_of(
    st.builds(
        lambda m, a, t, d, b: Line(
            "messages-v2/x.jsonl",
            0,
            canonical(
                {"message_id": m, "author_id": a, "created_at": t, "deleted": d, "body": b, "v": 1}
            ),
        ),
        messages,
        agents,
        st.sampled_from(TIMES),
        st.booleans(),
        texts,
    ),
    st.builds(
        lambda m, a, t: Line(
            "receipts/x.jsonl", 0, canonical({"message_id": m, "agent_id": a, "read_at": t, "v": 1})
        ),
        messages,
        agents,
        st.sampled_from(TIMES),
    ),
)
bad_lines = st.sampled_from(
    [Line("events.jsonl", 3, b"{"), Line("events.jsonl", 9, b'{"type":"message.create","v":1}')]
)


@st.composite
def logs(draw: st.DrawFn, rows: bool = True) -> list[Line]:
    """Lines of a log: events with ids of their own, rows, unreadable lines."""
    lines: list[Line] = []
    found: list[events.Event] = []
    for number, event in enumerate(draw(st.lists(any_event, min_size=1, max_size=14))):
        # Ids out of the order of time, so that both parts of the order count.
        event.event_id = f"evt_{(number * 7) % 23:02}"
        found.append(event)
    places = [sent(event) for event in found if isinstance(event, events.MessageCreate)]
    for number, event in enumerate(found):
        if isinstance(event, events.AboutMessage):
            event.of = draw(st.sampled_from([None, *places]))
        lines.append(Line("events.jsonl", number, canonical(event)))
    if rows:
        lines += draw(st.lists(row_lines, max_size=3))
        lines += draw(st.lists(bad_lines, max_size=1))
    return lines


def all_at_once(tables: Tables, lines: list[Line]) -> Tables:
    """As a build does it, with several runs to be merged and several portions."""
    ordered = in_order(lines, run_bytes=2000)
    while portion := list(islice(ordered, 5)):
        take(tables, portion)
    return tables


@settings(max_examples=examples(120))
@given(lines=logs(), data=st.data())
def test_arrival_makes_no_difference(
    empty: Empty, contents: Read, lines: list[Line], data: st.DataObject
) -> None:
    expected = contents(all_at_once(empty(), lines))
    order = data.draw(st.permutations(lines + data.draw(st.lists(st.sampled_from(lines)))))
    tables = empty()
    while order:
        size = data.draw(st.integers(1, 4))
        batch, order = order[:size], order[size:]
        take(tables, batch)
    assert contents(tables) == expected
    assert remembered(tables) == remembered(Tables.read(tables.db))


@settings(max_examples=examples(120))
@given(lines=logs(), data=st.data())
def test_what_a_purge_covers_leaves_no_trace(
    empty: Empty, contents: Read, lines: list[Line], data: st.DataObject
) -> None:
    """Whoever had the lines and whoever never sees them hold the same."""
    purges = purges_in(line.raw for line in lines)
    rest = [line for line in lines if not covers_line(purges, line.path, line.raw)]
    expected = contents(all_at_once(empty(), rest))
    tables = empty()
    for line in data.draw(st.permutations(lines)):
        take(tables, [line])
    assert contents(tables) == expected
    covered = {line.raw for line in lines} - {line.raw for line in rest}
    here = {text.encode() for (text,) in tables.db.execute("SELECT event_json FROM events")}
    assert not covered & here


@dataclass
class Some:
    """A gate that keeps out the events that end so."""

    refused: frozenset[str]

    @property
    def rule(self) -> str:
        return repr(sorted(self.refused))

    def begin(self, db: sqlite3.Connection) -> None:
        pass

    def learn(self, db: sqlite3.Connection) -> list[str]:
        return []

    def forget(self) -> None:
        pass

    def refuses(self, event: Event, line: bytes) -> str:
        return "an id" if event.event_id[-1:] in self.refused else ""

    def lets_stand(self, event: Event) -> str:
        return self.refuses(event, b"")

    def refuses_row(self, line: bytes) -> str:
        return ""


gates = st.one_of(st.none(), st.frozensets(st.sampled_from("0123456789"), max_size=6).map(Some))


@settings(max_examples=examples(120))
@given(lines=logs(), data=st.data())
def test_whatever_was_withheld_meanwhile_the_tables_are_what_the_last_rule_says(
    empty: Empty, contents: Read, lines: list[Line], data: st.DataObject
) -> None:
    last = data.draw(gates)
    told = empty()
    told.gate = last
    expected = contents(all_at_once(told, lines))
    tables, order = empty(), data.draw(st.permutations(lines))
    while order:
        turn(tables, data.draw(gates))
        size = data.draw(st.integers(1, 8))
        batch, order = order[:size], order[size:]
        take(tables, batch)
    turn(tables, last)
    assert contents(tables) == expected
    assert remembered(tables) == remembered(Tables.read(tables.db))


def test_however_few_are_judged_at_once(
    empty: Empty, contents: Read, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = [
        Line("events.jsonl", 0, canonical(registered("ann", 1))),
        *(Line("messages/ann.jsonl", 0, canonical(said(each, each))) for each in range(2, 12)),
    ]
    for most in (1, 3):
        monkeypatch.setattr(withholding, "AT_ONCE", most)
        tables = all_at_once(empty(), lines)
        counted = contents(tables)
        turn(tables, Some(frozenset("0123456789")))
        (withheld,) = tables.db.execute("SELECT count(withheld) FROM events").fetchone()
        assert withheld == len(lines)
        assert len(turn(tables, None)) == withheld
        assert contents(tables) == counted


def remembered(tables: Tables) -> tuple[object, ...]:
    return (tables.register.agents, tables.cleaned, tables.groups, tables.purges)


@settings(max_examples=examples(60))
@given(lines=logs(), data=st.data())
def test_of_two_copies_of_an_event_the_same_one_stands(
    empty: Empty, contents: Read, lines: list[Line], data: st.DataObject
) -> None:
    kinds = (b"agent.cleanup", b"purge.executed", b"agent.update")
    usual = [line for line in lines if not any(kind in line.raw for kind in kinds)]
    if not usual:
        return
    twin = data.draw(st.sampled_from(usual))
    other = data.draw(st.sampled_from(usual))
    if b'"event_id"' not in twin.raw or b'"event_id"' not in other.raw:
        return
    identity = twin.raw.split(b'"event_id":"')[1][:6]
    forged = Line(
        other.path, 0, other.raw.replace(other.raw.split(b'"event_id":"')[1][:6], identity)
    )
    one, two = empty(), empty()
    take(one, usual)
    take(one, [forged])
    take(two, [forged])
    for line in data.draw(st.permutations(usual)):
        take(two, [line])
    assert contents(one) == contents(two)


@settings(max_examples=examples(60))
@given(lines=logs(rows=False), data=st.data())
def test_a_copy_that_is_no_event_counts_too_and_the_branch_decides(
    empty: Empty, contents: Read, lines: list[Line], data: st.DataObject
) -> None:
    """Who had the event before, who reads the merged branch and who reads both files agree."""
    kinds = (b"agent.cleanup", b"purge.executed", b"agent.update")
    usual = [line for line in lines if not any(kind in line.raw for kind in kinds)]
    ids = [line.raw.split(b'"event_id":"')[1][:6] for line in usual if b'"event_id"' in line.raw]
    if not ids:
        return
    spoilt = canonical(
        {
            "event_id": data.draw(st.sampled_from(ids)).decode(),
            "timestamp": data.draw(st.sampled_from([*TIMES, "", "9"])),
            "type": data.draw(st.sampled_from(["message.create", "agent.register"])),
        }
    )
    merged = normal("x", [b"\n".join([*(line.raw for line in usual), spoilt])], Reader(Format()))
    kept = [Line("events.jsonl", 0, raw) for raw in merged.splitlines()]
    expected = {**contents(all_at_once(empty(), kept)), "bad_events": []}
    apart = [*usual, Line("messages/x.jsonl", 0, spoilt)]
    before, in_any_order = all_at_once(empty(), usual), empty()
    take(before, [apart[-1]])
    for line in data.draw(st.permutations(apart)):
        take(in_any_order, [line])
    for tables in (before, all_at_once(empty(), apart), in_any_order):
        assert {**contents(tables), "bad_events": []} == expected
        assert tables.spoiled == Tables.read(tables.db).spoiled


@pytest.mark.parametrize("back", [False, True])
def test_of_two_copies_the_one_stands_that_the_branch_keeps(
    empty: Empty, contents: Read, back: bool
) -> None:
    """Their times are in one order as text, which the files have, and in the other as times."""
    lines = [
        b'{"agent_id":"ann","event_id":"evt_1","role":"%s","timestamp":"2026-01-01T00:00:00%sZ",'
        b'"type":"agent.register"}' % (role, fraction)
        for role, fraction in ((b"first", b""), (b"second", b".5"))
    ]
    kept = normal("events.jsonl", [b"\n".join(lines)], Reader(Format()))
    one, two = empty(), empty()
    for raw in reversed(lines) if back else lines:
        take(one, [Line("events.jsonl", 0, raw)])
    take(two, [Line("events.jsonl", 0, kept.rstrip())])
    assert contents(one) == contents(two)


@settings(max_examples=examples(60))
@given(lines=logs(rows=False), data=st.data())
def test_deliveries_are_what_the_audience_function_says(
    empty: Empty, lines: list[Line], data: st.DataObject
) -> None:
    tables = empty()
    for line in data.draw(st.permutations(lines)):
        take(tables, [line])
    for message_id, author in tables.db.execute("SELECT message_id, agent_id FROM messages"):
        message = addressed(tables, message_id)
        stored = dict(
            tables.db.execute(
                "SELECT recipient_agent_id, addressed_via FROM message_deliveries"
                " WHERE message_id = ?",
                (message_id,),
            )
        )
        expected = {
            agent_id: via
            for agent_id in AGENTS
            if (via := reaches(message, tables.register.entry(agent_id), tables.groups))
        }
        assert stored == {author: "author", **expected}


alike = made(
    events.MessageCreate,
    message_id=messages,
    agent_id=st.just("ann"),
    body=st.just(events.Body(content="x")),
    scopes=st.sampled_from([None, [events.Pair("group", "team")]]),
)
team = st.one_of(
    made(events.GroupCreate, group_id=st.just("grp_1"), name=st.just("team"), created_by=agents),
    made(events.GroupMemberAdd, added_by=agents, **{**members, "group_id": st.just("grp_1")}),
    made(events.GroupDelete, group_id=st.just("grp_1")),
)
people = st.sampled_from([registrations, team, made(events.AgentCleanup, agent_id=agents)]).flatmap(
    lambda chosen: chosen
)


@settings(max_examples=examples(60))
@given(
    found=st.lists(st.tuples(people, alike, alike), min_size=2, max_size=8), in_time=st.booleans()
)
def test_that_messages_are_alike_makes_no_difference(
    empty: Empty, contents: Read, found: list[tuple[events.Event, ...]], in_time: bool
) -> None:
    """Whom others like them reached is remembered, as long as nobody came, went or changed."""
    remembering, forgetting = empty(), empty()
    for number, event in enumerate(chain.from_iterable(found)):
        event.event_id = f"evt_{number:02}"
        if in_time:
            event.timestamp = max(event.timestamp, TIMES[number // 3])
        if isinstance(event, events.MessageCreate):
            event.message_id = f"msg_{number:02}"
        line = Line("events.jsonl", number, canonical(event))
        take(remembering, [line])
        forgetting.reached.clear()
        take(forgetting, [line])
    assert contents(remembering) == contents(forgetting)


def addressed(tables: Tables, message_id: str) -> Addressed:
    row = tables.db.execute(
        "SELECT event_json, e.timestamp FROM events e JOIN messages m USING (event_id)"
        " WHERE m.message_id = ?",
        (message_id,),
    ).fetchone()
    event = events.decode(row[0].encode())
    assert isinstance(event, events.MessageCreate)
    event.timestamp = row[1]
    return deliveries.addressed(event)


@settings(max_examples=examples(60))
@given(lines=logs(), data=st.data())
def test_counters_are_what_counting_gives(
    empty: Empty, lines: list[Line], data: st.DataObject
) -> None:
    tables = empty()
    for line in data.draw(st.permutations(lines)):
        take(tables, [line])

    def kept() -> list[object]:
        sql = "SELECT * FROM {}"
        return [sorted(tables.db.execute(sql.format(each))) for each in counters.TABLES]

    before = kept()
    for each in counters.TABLES:
        tables.db.execute(f"DELETE FROM {each}")
    tables.db.executescript(counters.COUNT_AGAIN)
    assert kept() == before


def test_the_comparison_sees_a_difference(empty: Empty, contents: Read) -> None:
    tables = empty()
    event = events.AgentRegister(agent_id="ann", timestamp=TIMES[0], event_id="evt_1")
    take(tables, [Line("events.jsonl", 0, canonical(event))])
    before = contents(tables)
    tables.db.execute("UPDATE agents SET role = 'other'")
    assert contents(tables) != before
    assert contents(tables) != contents(empty())
