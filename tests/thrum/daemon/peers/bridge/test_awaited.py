"""What mail waits for at the other side."""

from __future__ import annotations

from gitstore import Line, canonical
from tests.thrum.daemon.projection.apply.people import registered, sent, stamp
from tests.thrum.daemon.projection.conftest import contents, empty, tables
from thrum import events
from thrum.daemon.peers.bridge import awaited
from thrum.daemon.peers.bridge.awaited import Awaited, Waiting
from thrum.daemon.peers.peer import Peer
from thrum.daemon.projection.reading import take
from thrum.daemon.projection.tables import Tables

__all__ = ["contents", "empty", "tables"]

PEER = Peer("docs", "", "d_docs", proxy_prefix="docs")


def test_what_nobody_saw_is_asked_about_the_newest_first(tables: Tables) -> None:
    seen = events.MessageReceipt(message_id="msg_2", agent_id="docs:bob", receipt_type="seen")
    for event in (
        registered("ann", 1),
        registered("docs:bob", 1),
        sent(1, 5, recipients=["docs:bob"]),
        sent(2, 6, recipients=["docs:bob"]),
        sent(3, 7, recipients=["docs:bob", "docs:cleo"]),
        sent(4, 8, recipients=["ann", "other:bob"]),
        stamp(seen, 9),
    ):
        take(tables, [Line("events.jsonl", 0, canonical(event))])
    assert [each.message_id for each in awaited.awaited(tables.db, PEER)] == ["msg_3", "msg_1"]


def test_a_peer_speaks_of_what_it_was_asked_about_in_words_that_can_be_shown() -> None:
    told = [
        Waiting("msg_1", "bob", "asleep", "2026-01-01T00:00:00Z"),
        Waiting("msg_2", "bob", "asleep"),
        Waiting("msg_1", "cleo", "x" * 99),
        Waiting("msg_1", "dora", "a\nb"),
        Waiting("msg_1", "eve", "turn", "\x1b[31m"),
    ]
    found = awaited.standings(PEER, [Awaited("d_me", "msg_1")], told)
    assert list(found) == [("msg_1", "docs:bob")]
