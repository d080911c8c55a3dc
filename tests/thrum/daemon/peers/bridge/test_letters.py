"""What a peer is told of events: what is for its agents, and nothing else."""

from __future__ import annotations

import pytest

from gitstore import Line, canonical
from tests.thrum.daemon.peers.test_adopting import decision
from tests.thrum.daemon.projection.apply.people import at, registered, sent
from tests.thrum.daemon.projection.conftest import contents, empty, tables
from thrum import events
from thrum.clock import parse
from thrum.daemon.peers import serving
from thrum.daemon.peers.bridge import letters, proxies, translating
from thrum.daemon.peers.bridge.letters import Letter, Ours
from thrum.daemon.peers.peer import Peer
from thrum.daemon.projection.reading import take
from thrum.daemon.projection.tables import Tables
from thrum.events import Pair

__all__ = ["contents", "empty", "tables"]

PEER = Peer("docs", "", "d_docs", proxy_prefix="docs")


@pytest.fixture
def peopled(tables: Tables) -> Tables:
    put(tables, registered("ann", 1), registered("docs:bob", 1), registered("docs-2:bob", 1))
    return tables


def put(tables: Tables, *given: events.Event) -> None:
    assert take(tables, [Line("events.jsonl", 0, canonical(each)) for each in given]).bad == 0


def told(tables: Tables, after: int = 0, most: int = 100, since: str = "") -> serving.Pulled:
    return serving.told_addressed(tables.db, PEER, after, most, "", Ours(("",), since))[0]


def test_only_what_is_for_its_agents_is_told(peopled: Tables) -> None:
    put(
        peopled,
        sent(1, 5, recipients=["docs:bob", "ann"]),
        sent(2, 6, recipients=["ann"]),
        sent(3, 7, recipients=["docs-2:bob"]),
        sent(4, 8, author="docs-2:bob", recipients=["docs:bob"]),
        sent(5, 9),
    )
    found = told(peopled)
    (one,) = found.events
    assert one.letter is not None
    assert (one.letter.to, one.letter.author, bytes(one.event_json)) == (["bob"], "ann", b"{}")
    assert found.filtered
    assert not found.more_available
    last = peopled.db.execute("SELECT max(sequence) FROM events").fetchone()[0]
    assert found.next_sequence == last
    assert found.next_event
    assert told(peopled, last).events == []


def test_what_was_sent_is_told_as_it_is_by_now(peopled: Tables) -> None:
    put(peopled, sent(1, 5, recipients=["docs:bob"]), sent(2, 6, recipients=["docs:bob"]))
    transaction = decision(peopled)
    transaction.emit(events.MessageEdit(message_id="msg_1", body=events.Body("mended")))
    transaction.emit(events.MessageDelete(message_id="msg_2", reason="no"))
    found = [each.letter for each in told(peopled).events]
    assert [each.content for each in found if each] == ["mended", "", "mended", ""]
    assert [each.deleted for each in found if each] == [False, True, False, True]
    assert found[0] is not None
    assert found[0].edited_at


def test_an_answer_names_the_message_as_the_peer_does(peopled: Tables) -> None:
    post = [Letter("msg_there", "d_docs", "bob", ["ann"], "hello")]
    taken = translating.take(decision(peopled), PEER, post, {}, None)
    (local,) = taken.made.values()
    reply = [Pair("reply_to", local), Pair("mention", "docs:bob")]
    put(peopled, sent(1, 59, refs=reply, recipients=["docs:bob"]))
    again = [Pair("reply_to", "msg_1"), Pair("mention", "docs:bob")]
    put(peopled, sent(2, 59, refs=again, recipients=["docs:bob"]))
    found = [each.letter for each in told(peopled).events if each.letter]
    assert [(each.answers, each.answers_yours) for each in found] == [
        ("msg_there", True),
        ("msg_1", False),
    ]
    _, drafts = serving.told_addressed(peopled.db, PEER, 0, 100, "", Ours(("",)))
    assert [each.local_id for each in drafts] == [local, ""]


def test_who_read_a_message_of_the_peer_is_told(peopled: Tables) -> None:
    post = [Letter("msg_there", "d_docs", "bob", ["ann"], "hello")]
    (local,) = translating.take(decision(peopled), PEER, post, {}, None).made.values()
    receipt = events.MessageReceipt(
        message_id=local, agent_id="ann", receipt_type="read", way="mcp"
    )
    decision(peopled).emit(receipt)
    (found,) = told(peopled).events
    assert found.reading is not None
    assert (found.reading.message_id, found.reading.agent) == ("msg_there", "ann")
    assert (found.reading.type, found.reading.way) == ("read", "mcp")


def test_people_are_called_by_their_bare_names_as_far_as_nobody_else_is(peopled: Tables) -> None:
    put(
        peopled,
        registered("user:Leon", 2, kind="user"),
        registered("user:ann", 2, kind="user"),
        registered("bob", 2),
    )
    for name, agent_id in (
        ("leon", "user:Leon"),
        ("ann", "ann"),
        ("user_ann", "user:ann"),
        ("bob", "bob"),
        ("nobody", ""),
        ("docs:bob", ""),
        ("user:ann", ""),
    ):
        assert letters.meant(peopled.db, PEER, name) == agent_id
    put(
        peopled,
        sent(1, 5, author="user:Leon", recipients=["docs:bob"]),
        sent(2, 6, author="user:ann", recipients=["docs:bob"]),
    )
    found = [each.letter.author for each in told(peopled).events if each.letter]
    assert found == ["leon", "user_ann"]


def at_home_there(name: str) -> events.AgentRegister:
    made = registered(name, 1)
    made.origin_daemon = "d_docs"
    return made


def test_who_is_known_by_their_own_name_gets_the_event_itself(peopled: Tables) -> None:
    """It is so from a time when everything crossed; what was on its way then is not lost."""
    put(peopled, at_home_there("cleo"), sent(1, 5, recipients=["cleo"]))
    edit = events.MessageEdit(message_id="msg_1", body=events.Body("mended"))
    decision(peopled).emit(edit)
    found = told(peopled).events
    assert [each.type for each in found] == ["message.create", "message.edit"]
    assert bytes(found[0].event_json) == canonical(sent(1, 5, recipients=["cleo"]))
    assert [each.letter for each in found] == [None, None]


def test_a_peer_makes_events_of_its_own_agents_alone(peopled: Tables) -> None:
    put(peopled, at_home_there("cleo"), sent(1, 5, recipients=["cleo"]))
    put(peopled, sent(2, 6, author="cleo", recipients=["ann"]))

    def may(event: events.KnownEvent, origin: str = "d_docs") -> bool:
        event.origin_daemon = origin
        return letters.may_take(peopled.db, PEER, event)

    assert may(sent(3, 7, author="cleo", recipients=["ann"]))
    assert not may(sent(3, 7, author="cleo", recipients=["ann"]), "d_other")
    assert not may(sent(3, 7, recipients=["cleo"]))
    assert may(events.MessageDelete(message_id="msg_2"))
    assert not may(events.MessageDelete(message_id="msg_1"))
    assert may(events.MessageReceipt(message_id="msg_1", agent_id="cleo", receipt_type="read"))
    assert not may(events.MessageReceipt(message_id="msg_1", agent_id="ann", receipt_type="read"))
    assert not may(events.AgentCleanup(agent_id="cleo"))
    assert not may(events.PurgeExecuted(cutoff="2027-01-01T00:00:00Z"))


def test_what_another_clone_sent_to_a_peer_of_its_own_is_told_to_nobody_else(
    peopled: Tables,
) -> None:
    """It may call another repository as we call this peer."""
    of_clone = registered("docs:dan", 1)
    of_clone.origin_daemon = "d_clone"
    from_clone = [
        sent(1, 5, recipients=["docs:dan"]),
        sent(2, 6, recipients=["docs:bob"]),
        sent(3, 7, recipients=["docs:dan", "docs:bob"]),
    ]
    for each in from_clone:
        each.origin_daemon = "d_clone"
    put(peopled, of_clone, *from_clone, sent(4, 8, recipients=["docs:dan"]))
    found = [each.letter for each in told(peopled).events if each.letter]
    assert [(each.message_id, each.to) for each in found] == [
        ("msg_2", ["bob"]),
        ("msg_3", ["bob"]),
        ("msg_4", ["dan"]),
    ]


def test_what_was_sent_before_the_peer_was_one_is_not_for_it(peopled: Tables) -> None:
    """Another repository of that name may have been."""
    put(peopled, sent(1, 5, recipients=["docs:bob"]), sent(2, 7, recipients=["docs:bob"]))
    found = [each.letter for each in told(peopled, since=at(6)).events]
    assert [each.message_id for each in found if each] == ["msg_2"]


@pytest.mark.parametrize(
    ("paired_at", "since"),
    [
        ("2026-01-01T00:00:06Z", at(6)),
        ("2026-01-01T01:00:06.5+01:00", "2026-01-01T00:00:06.500000000Z"),
        ("2026-01-01T00:00:08Z", ""),
        ("", ""),
        ("long ago", ""),
    ],
)
def test_since_when_a_peer_is_one_is_said_by_no_clock_that_was_ahead(
    paired_at: str, since: str
) -> None:
    peer = Peer("docs", "", "d_docs", paired_at=paired_at)
    assert letters.ours(("d_me",), peer, parse(at(7))) == Ours(("d_me",), since)


def test_what_was_written_under_another_id_of_ours_is_told_all_the_same(peopled: Tables) -> None:
    put(peopled, sent(1, 5, recipients=["docs:bob"]))
    for ids, count in ((("d_new",), 0), (("d_new", ""), 1)):
        found = serving.told_addressed(peopled.db, PEER, 0, 100, "", Ours(ids))[0]
        assert len(found.events) == count


def test_a_peer_under_another_id_speaks_for_who_was_at_home_with_it(peopled: Tables) -> None:
    before, cleo = registered("cleo", 2), sent(1, 5, author="cleo", recipients=["ann"])
    before.origin_daemon = cleo.origin_daemon = "d_docs"
    put(peopled, before)
    now = Peer("docs", "", "d_new", proxy_prefix="docs", former_ids=["d_docs"])
    other = Peer("docs", "", "d_new", proxy_prefix="docs")
    for peer, is_its_own in ((now, True), (other, False)):
        assert letters.may_take(peopled.db, peer, cleo) is is_its_own
        assert (letters.meant(peopled.db, peer, "cleo") == "") is is_its_own
        names = [each.name for each in proxies.offered(peopled.db, peer)]
        assert ("cleo" not in names) is is_its_own
        mail = canonical(sent(2, 6, recipients=["cleo"]))
        assert letters.is_direct(peopled.db, peer, "message.create", mail) is is_its_own


def test_what_nobody_of_the_peer_has_to_do_with_is_passed_over_unread(
    peopled: Tables, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A long history comes before the first letter to a new peer."""
    put(peopled, *(sent(each, 5 + each, recipients=["ann"]) for each in range(1, 6)))
    put(peopled, sent(6, 20, recipients=["docs:bob"]))
    read = [row[1] for row in letters.mail(peopled.db, PEER, 0) if row[5] is not None]
    assert len(read) == 1
    monkeypatch.setattr(serving, "PASSED", 4)
    after, pages = 0, list[serving.Pulled]()
    while not pages or pages[-1].more_available:
        pages.append(told(peopled, after))
        after = pages[-1].next_sequence
    assert len(pages[-1].events) == 1
    assert sum(len(each.events) for each in pages) == 1
    assert len(pages) > 2
    # One at home there whom everybody here knows has every event looked at.
    cleo = registered("cleo", 2)
    cleo.origin_daemon = "d_docs"
    put(peopled, cleo)
    assert all(row[5] for row in letters.mail(peopled.db, PEER, 0))
