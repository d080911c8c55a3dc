"""Finding messages: what a scan of the texts finds, in an order, a page at a time."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gitstore import Line, canonical
from tests.thrum.daemon.projection.apply.mail import at, created
from thrum import events
from thrum.clock import parse
from thrum.daemon.projection.reading import take
from thrum.daemon.projection.search import about, find
from thrum.daemon.projection.search.find import LAST, Cursor, Found
from thrum.daemon.projection.search.query import parse_query
from thrum.daemon.projection.search.scan import Scan, Scanned
from thrum.daemon.projection.tables import Tables
from thrum.errors import ThrumError

NOW = parse("2026-05-10T12:00:00Z")
WORDS = ("Foo", "bar", "fooBar", "foo_bar", "FooBarBaz", "ba", "日本", "本", "Bär", "barfoo", "x1")
AUTHORS = ("ann", "bob-2", "user:max")

texts = st.lists(st.sampled_from(WORDS), max_size=5).map(" ".join)
terms = st.one_of(
    st.sampled_from(WORDS),
    st.sampled_from(WORDS).map(lambda word: f"{word}*"),
    st.lists(st.sampled_from(WORDS), min_size=1, max_size=3).map(lambda ws: f'"{" ".join(ws)}"'),
    st.sampled_from(["from:ann", "from:BOB-2", "from:max", "to:max", "group:crew", "role:tester"]),
    st.sampled_from(["has:reply", "has:structured", "to:everyone", "from:me"]),
)
queries = st.lists(
    st.tuples(st.sampled_from(["", "-", "OR "]), terms).map("".join), min_size=1, max_size=5
).map(" ".join)


def put(tables: Tables, *given_: events.Event) -> None:
    take(tables, [Line("events.jsonl", 0, canonical(each)) for each in given_])


def found(tables: Tables, text: str, me: str = "ann", **more: Any) -> Found:
    limit = more.pop("limit", 100)
    return find.find(tables.db, parse_query(text, NOW), me, limit=limit, **more)


def ids(tables: Tables, page: Found) -> list[str]:
    rows = dict(tables.db.execute("SELECT row, message_id FROM messages"))
    return [rows[hit.row] for hit in page.hits]


def mail(spec: Sequence[tuple[str, str, int]]) -> list[events.Event]:
    """Messages by author, text and kind, and an agent with a role."""
    refs = {1: [events.Pair("mention", "max")], 2: [events.Pair("reply_to", "msg_0")]}
    scopes = {3: [events.Pair("group", "crew")]}
    return [
        events.AgentRegister(
            agent_id="bob-2",
            kind="agent",
            role="tester",
            module="m",
            timestamp=at(0),
            event_id="evt_r",
        ),
        *(
            created(
                n,
                n % 60,
                agent_id=author,
                body=events.Body(text, structured='{"a":1}' if kind == 4 else ""),
                refs=refs.get(kind),
                scopes=scopes.get(kind),
            )
            for n, (author, text, kind) in enumerate(spec)
        ),
    ]


def scanned(event: events.MessageCreate) -> Scanned:
    """A message as a scan has it."""
    refs, scopes = event.refs or (), event.scopes or ()
    words = about.about(
        event.agent_id,
        [each.value for each in refs if each.type == "mention"],
        [each.value for each in scopes if each.type == "group"],
        broadcast=not scopes and not any(each.type == "mention" for each in refs),
        reply=any(each.value != event.message_id for each in refs if each.type == "reply_to"),
        structured=bool(event.body.structured),
    )
    return Scanned(event.body.content, words.split())


@settings(deadline=None, max_examples=30)
@given(
    st.lists(st.tuples(st.sampled_from(AUTHORS), texts, st.integers(0, 4)), max_size=12),
    st.lists(queries, min_size=1, max_size=4),
    st.sets(st.integers(0, 11)),
)
def test_it_finds_what_a_scan_of_the_texts_finds(
    empty: Callable[[], Tables],
    spec: list[tuple[str, str, int]],
    asked: list[str],
    deleted: set[int],
) -> None:
    tables = empty()
    sent = mail(spec)
    put(tables, *sent)
    for n in deleted:
        put(
            tables,
            events.MessageDelete(message_id=f"msg_{n}", timestamp=at(59), event_id=f"evt_d{n}"),
        )
    for text in asked:
        query = parse_query(text, NOW)
        scan = Scan.of(tables.db, query, "ann")
        wanted = {
            each.message_id
            for each in sent
            if isinstance(each, events.MessageCreate)
            and int(each.message_id[4:]) not in deleted
            and scan.fits(scanned(each))
        }
        page = found(tables, text)
        assert set(ids(tables, page)) == wanted, text
        assert page.total == len(wanted)
        assert ids(tables, found(tables, text, newest_first=True)) == sorted(
            wanted, key=lambda each: -int(each[4:])
        )


@pytest.fixture
def many(tables: Tables) -> Tables:
    """Forty messages, of which every fourth has a rare word, more often the older it is."""
    put(
        tables,
        *mail([("ann", f"common {'rare ' * (n % 4 == 0) * (40 - n)}", 0) for n in range(40)]),
    )
    return tables


@pytest.mark.parametrize("newest_first", [False, True])
@pytest.mark.parametrize("window", [7, 1000])
def test_pages_follow_each_other_and_hold_each_once(
    many: Tables, monkeypatch: pytest.MonkeyPatch, newest_first: bool, window: int
) -> None:
    monkeypatch.setattr(find, "RANKED", window)
    seen: list[str] = []
    others: list[int] = []
    cursor = None
    for _ in itertools.count():
        page = found(
            many,
            "common",
            limit=3,
            cursor=cursor,
            newest_first=newest_first,
            others=[parse(at(5)), parse(at(35))],
        )
        hits = [hit for hit in page.hits if hit.text >= 0]
        others += [hit.text for hit in hits]
        rows = dict(many.db.execute("SELECT row, message_id FROM messages"))
        seen += [rows[hit.row] for hit in page.hits if hit.text < 0]
        if page.next is None:
            break
        assert len(page.hits) == 3
        cursor = Cursor.from_text(page.next.to_text())
    assert sorted(seen) == sorted(f"msg_{n}" for n in range(40))
    assert sorted(others) == [0, 1]
    if newest_first:
        assert seen == [f"msg_{n}" for n in range(39, -1, -1)]
    assert page.is_bound is (window < 40)


def test_what_fits_better_comes_first(many: Tables) -> None:
    assert ids(many, found(many, "rare OR common", limit=1)) != ["msg_39"]
    assert ids(many, found(many, "rare", limit=1, newest_first=True)) == ["msg_36"]


def test_it_is_narrowed_by_time_thread_and_reading(many: Tables) -> None:
    put(many, created(50, 50, thread_id="thr_1", body=events.Body("common")))
    assert ids(many, found(many, f"common after:{at(38)}", newest_first=True)) == [
        "msg_50",
        "msg_39",
        "msg_38",
    ]
    assert ids(many, found(many, f"before:{at(1)}")) == ["msg_0"]
    assert ids(many, found(many, "thread:thr_1")) == ["msg_50"]
    assert len(found(many, "-thread:thr_1").hits) == 40
    assert found(many, "has:unread").hits == []
    assert len(found(many, "-has:unread common").hits) == 41
    assert found(many, "in:context").hits == []


@pytest.mark.parametrize("most", [0, 5000])
def test_threads_and_inboxes_of_any_size_are_looked_through(
    many: Tables, monkeypatch: pytest.MonkeyPatch, most: int
) -> None:
    monkeypatch.setattr(find, "FEW", most)
    put(many, created(50, 50, thread_id="thr_1", agent_id="ann", recipients=["bob-2"]))
    assert ids(many, found(many, "thread:thr_1 text")) == ["msg_50"]
    assert len(found(many, "-thread:thr_1").hits) == 40
    assert "msg_50" in ids(many, found(many, "has:unread", "bob-2"))
    assert found(many, "-has:unread from:ann text", "bob-2").hits == []


@pytest.mark.parametrize("text", ["", "1", "1.2.3.4", "a.b", f"{1 << 62}.0", "1.-1", "9" * 99])
def test_a_cursor_of_nobody_is_refused(text: str) -> None:
    with pytest.raises(ThrumError) as caught:
        Cursor.from_text(text)
    assert caught.value.kind == "invalid_params"
    assert Cursor.from_text(f"{LAST}.0") == Cursor(LAST, 0)


HOSTILE = [
    " ".join(f"w{n}" for n in range(10_000)),
    '"' * 9999,
    "\x00",
    "a\x00b",
    "((((((((((" * 500,
    "NEAR(a b, 5) AND OR NOT ^x {words} : y * + -",
    "words : a",
    "about:\ue010",
    "\ue010",
    "-" * 5000,
    "*" * 5000,
    "a* " * 5000,
    "' OR 1=1; --",
    "from:' from:\" to:% group:\\ role:)",
    "e\u0301" * 5000,
    "日" * 5000,
    "x" * 100_000,
    " OR ".join(["-a"] * 64),
    "before:9999-99-99 after:0",
    "\U0010ffff\ufffe",
]


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("newest_first", [False, True])
def test_nothing_that_is_asked_is_an_error(many: Tables, text: str, newest_first: bool) -> None:
    page = found(many, text, newest_first=newest_first)
    assert len(page.hits) <= 100


def test_an_odd_name_is_one_word_of_the_index(tables: Tables) -> None:
    names = ["a.b", "a b", "a:b", 'a"b', "ab", "日本"]
    put(tables, *mail([(name, "text", 0) for name in names]))
    for n, name in enumerate(names[:1] + names[2:3] + names[4:]):
        hits = found(tables, f"from:{name}").hits
        assert len(hits) == 1, (n, name)
