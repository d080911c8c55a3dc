"""What came over a bridge becomes the same messages here, in any order and however often."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gitstore import Line, canonical
from tests.laws import examples
from tests.thrum.daemon.peers.test_adopting import decision, unable
from tests.thrum.daemon.projection.apply.people import purged, registered
from tests.thrum.daemon.projection.conftest import contents, empty, tables
from thrum import events
from thrum.daemon.peers.bridge import translating
from thrum.daemon.peers.bridge.letters import Letter, Reading, came
from thrum.daemon.peers.bridge.message_map import Remote
from thrum.daemon.peers.bridge.translating import Post, Taken, derived
from thrum.daemon.peers.peer import Peer
from thrum.daemon.projection.reading import take as read
from thrum.daemon.projection.tables import Tables
from thrum.errors import ThrumError

__all__ = ["contents", "empty", "tables"]

PEER = Peer("docs", "", "d_docs", proxy_prefix="docs")


def letter(number: int = 1, version: int = 0, **fields: object) -> Letter:
    about = {
        "author": "bob",
        "to": ["ann"],
        "content": f"text {number} as of {version}",
        "edited_at": f"2026-01-01T00:00:{version:02}.000000000Z" if version else "",
        **fields,
    }
    return Letter(f"msg_{number}", "d_docs", **about)  # type: ignore[arg-type]


def peopled(tables: Tables) -> Tables:
    for name in ("ann", "bea"):
        read(tables, [Line("events.jsonl", 0, canonical(registered(name, 1)))])
    return tables


def taken(
    tables: Tables, *post: Post, before: dict[Remote, str] | None = None, largest: int | None = None
) -> Taken:
    return translating.take(decision(tables), PEER, post, before or {}, largest)


def said(tables: Tables) -> list[tuple[object, ...]]:
    """Every message, without its times."""
    return sorted(
        tables.db.execute(
            "SELECT m.message_id, m.agent_id, m.body_content, m.deleted, m.reply_to,"
            " group_concat(d.recipient_agent_id) FROM messages m JOIN message_deliveries d"
            " ON d.message_id = m.message_id AND d.inbox > 0 GROUP BY 1"
        ),
        key=repr,
    )


@st.composite
def histories(draw: st.DrawFn) -> list[list[Letter]]:
    """Of several messages how each was told, the oldest first."""
    found = []
    for number in range(draw(st.integers(1, 4))):
        told = [letter(number, version) for version in range(draw(st.integers(1, 3)))]
        if draw(st.booleans()):
            told.append(letter(number, 0, deleted=True, content=""))
        found.append(told)
    return found


@settings(max_examples=examples(100))
@given(told=histories(), chance=st.randoms(use_true_random=False))
def test_any_order_and_any_doubling_give_the_same_messages(
    empty: Callable[[], Tables], told: list[list[Letter]], chance: random.Random
) -> None:
    """A message that is deleted before it came is not there; else it is as it was told last."""
    here = peopled(empty())
    post = [each for history in told for each in history]
    post += chance.choices(post, k=len(post))
    chance.shuffle(post)
    known: dict[Remote, str] = {}
    while post:
        count = chance.randint(1, 3)
        known |= taken(here, *post[:count], before=known).made
        post = post[count:]
    found = {row[0]: row for row in said(here)}
    for number, history in enumerate(told):
        last = history[-1]
        row = found.get(derived(Remote("d_docs", f"msg_{number}")))
        if last.deleted:
            assert row is None or row[3] == 1 or row[5] is None
        else:
            assert row is not None
            assert row[1:4] == ("docs:bob", last.content, 0)
    alive = [row for row in found.values() if not row[3]]
    assert len(alive) == sum(not history[-1].deleted for history in told)


def test_an_answer_is_in_the_thread_of_what_it_answers(tables: Tables) -> None:
    peopled(tables)
    taken(tables, letter(1), letter(2, answers="msg_1", answers_origin="d_docs"))
    first, second = (derived(Remote("d_docs", f"msg_{each}")) for each in (1, 2))
    row = tables.db.execute(
        "SELECT b.reply_to, a.thread_id = b.thread_id FROM messages a, messages b"
        " WHERE a.message_id = ? AND b.message_id = ?",
        (first, second),
    ).fetchone()
    assert row == (first, 1)


def test_what_was_not_sent_to_the_peer_is_answered_by_nobody_of_it(tables: Tables) -> None:
    peopled(tables)
    own = events.MessageCreate(
        message_id="msg_own", agent_id="ann", body=events.Body("x"), recipients=["bea"]
    )
    decision(tables).emit(own)
    taken(tables, letter(2, answers="msg_own", answers_yours=True))
    (row,) = tables.db.execute("SELECT reply_to FROM messages WHERE agent_id = 'docs:bob'")
    assert row == (None,)


@pytest.mark.parametrize(
    ("hostile", "why"),
    [
        (letter(author="other:bob"), "no name"),
        (letter(author="ann:"), "no name"),
        (letter(author=""), "no name"),
        (letter(author="Bob\n"), "may hold only"),
        (letter(author="x" * 80), "longer"),
        (letter(to=["nobody", "daemon"]), "nobody here is called"),
        (letter(to=[]), "nobody here is called"),
        (letter(to=["docs:bob"]), "nobody here is called"),
        (letter(to=["ann"] * 300), "more than"),
        (letter(content="é" * 60), "bytes long"),
        (letter(structured="x" * 1_048_577), "structured"),
        (letter(edited_at="9" * 300), "a time"),
        (Letter("", "d_docs", "bob", ["ann"]), "no id"),
        (Letter("a\nb", "d_docs", "bob", ["ann"]), "no id"),
        (Letter("msg_1", "x" * 300, "bob", ["ann"]), "no id"),
        (Reading("msg_1", "bob", "read"), "not sent to"),
    ],
)
def test_what_cannot_be_is_refused_and_stops_nothing(
    tables: Tables, hostile: Post, why: str
) -> None:
    peopled(tables)
    found = taken(tables, hostile, letter(7), largest=100)
    (reason,) = found.refused
    assert why in reason
    assert [row[2] for row in said(tables)] == ["text 7 as of 0"]


def test_whom_a_letter_did_not_reach_is_kept_and_why(tables: Tables) -> None:
    peopled(tables)
    found = taken(
        tables,
        letter(1, to=["ann", "gone", "a\nb", "x" * 99]),
        letter(2, to=["gone", "docs:bob"]),
        letter(3, content="é" * 60),
        letter(4, author=""),
        letter(5),
        letter(5, 6, content="é" * 60),  # it came, as it was before
        Reading("msg_1", "bob", "read"),
        largest=100,
    )
    ids = [derived(Remote("d_docs", f"msg_{number}")) for number in range(1, 6)]
    assert [found.returned[each] for each in ids] == [
        {"gone": "unknown"},
        {"gone": "unknown", "docs:bob": "unknown"},
        {"ann": "large"},
        {"ann": "refused"},
        {},
    ]
    assert len(found.returned) == 5


def test_what_cannot_be_written_now_is_not_refused(tables: Tables) -> None:
    """It is taken once it can be; else mail would be lost by a disk that is full for a minute."""
    with pytest.raises(ThrumError, match="nothing is written"):
        translating.take(unable(peopled(tables)), PEER, [letter(1)], {}, None)


def test_nobody_changes_what_another_peers_agent_wrote(tables: Tables) -> None:
    peopled(tables)
    taken(tables, letter(1))
    other = Peer("evil", "", "d_evil", proxy_prefix="evil")
    for hostile in (letter(1, 5), letter(1, deleted=True), letter(1, 5, author="docs:bob")):
        translating.take(decision(tables), other, [hostile], {}, None)
    assert [row[1:4] for row in said(tables)] == [("docs:bob", "text 1 as of 0", 0)]


def test_an_id_of_ours_is_not_taken_by_a_message_of_that_id(tables: Tables) -> None:
    peopled(tables)
    own = events.MessageCreate(
        message_id="msg_1", agent_id="ann", body=events.Body("mine"), recipients=["bea"]
    )
    decision(tables).emit(own)
    taken(tables, letter(1), letter(1, 3), letter(1, deleted=True))
    rows = tables.db.execute("SELECT body_content, deleted FROM messages WHERE agent_id = 'ann'")
    assert rows.fetchall() == [("mine", 0)]


def test_what_was_purged_here_does_not_come_back(tables: Tables) -> None:
    peopled(tables)
    before = taken(tables, letter(1)).made
    late = "2027-01-01T00:00:00.000000000Z"
    read(tables, [Line("events.jsonl", 0, canonical(purged(late, 30)))])
    taken(tables, letter(1), letter(1, 2), before=before)
    assert said(tables) == []


def readings(tables: Tables, message_id: str) -> Sequence[tuple[object, ...]]:
    return tables.db.execute(
        "SELECT recipient_agent_id, seen_at IS NOT NULL, read_at IS NOT NULL"
        " FROM message_deliveries WHERE message_id = ? AND inbox > 0",
        (message_id,),
    ).fetchall()


def test_a_receipt_counts_once_and_for_whom_it_was_sent_to(tables: Tables) -> None:
    peopled(tables)
    taken(tables, letter(1))
    own = events.MessageCreate(
        message_id="msg_own",
        agent_id="ann",
        body=events.Body("x"),
        recipients=["bea", "docs:bob"],
    )
    decision(tables).emit(own)
    for reading in (
        Reading("msg_own", "bob", "seen", "hook"),
        Reading("msg_own", "bob", "seen"),
        Reading("msg_own", "bob", "read", "magic"),
        Reading("msg_own", "bob", "read"),
        Reading("msg_own", "bea", "read"),
        Reading("msg_own", "bob", "eaten"),
    ):
        taken(tables, reading)
    assert sorted(readings(tables, "msg_own")) == [("bea", 0, 0), ("docs:bob", 1, 1)]
    sql = "SELECT count(*) FROM events WHERE type = 'message.receipt'"
    assert tables.db.execute(sql).fetchone() == (2,)


@pytest.mark.parametrize(
    "began, refused", [("1970-01-01T00:00:00Z", 1), ("2100-01-01T00:00:00Z", 0)]
)
def test_a_receipt_from_a_pairing_of_before_is_no_fault(
    tables: Tables, began: str, refused: int
) -> None:
    """Who pairs anew tells all of it again, and those whom it was sent to are others by now."""
    peopled(tables)
    own = events.MessageCreate(
        message_id="msg_own", agent_id="ann", body=events.Body("x"), recipients=["bea"]
    )
    decision(tables).emit(own)
    peer = Peer("docs", "", "d_docs", proxy_prefix="docs", paired_at=began)
    found = translating.take(decision(tables), peer, [Reading("msg_own", "bob", "read")], {}, None)
    assert len(found.refused) == refused


def test_the_id_here_follows_from_the_id_there_and_tells_its_time() -> None:
    there = "msg_01M8NKCBG7CR8RZH07ZV1JGM8D"
    here = derived(Remote("d_docs", there))
    assert here == derived(Remote("d_docs", there))
    assert here[:14] == there[:14]
    assert here != there
    assert derived(Remote("d_other", there)) != here
    assert derived(Remote("d_docs", f"msg_{'Z' * 26}")).startswith("msg_0000000000")
    assert derived(Remote("d_docs", "old")).startswith("msg_0000000000")


def test_it_says_where_it_came_from(tables: Tables) -> None:
    peopled(tables)
    taken(tables, letter(1, structured='{"a":1}'))
    (row,) = tables.db.execute("SELECT body_structured FROM messages")
    found = came(row[0])
    assert (found.peer, found.author_id, found.message_id) == ("d_docs", "bob", "msg_1")
    assert (found.origin_daemon, found.structured) == ("d_docs", '{"a":1}')
    for other in (None, "", "7", "[]", '{"source":"telegram"}', '{"source":7}'):
        assert came(other).message_id == ""
