"""Authors are told what did not arrive."""

from __future__ import annotations

from gitstore import Line, canonical
from tests.thrum.daemon.peers.test_adopting import ME, NOW
from tests.thrum.daemon.projection.apply.people import registered, sent, stamp
from tests.thrum.daemon.projection.conftest import contents, empty, tables
from thrum import events, held
from thrum.clock import Ticker, parse
from thrum.daemon.peers.bridge import returning
from thrum.daemon.peers.bridge.returning import Unseen
from thrum.daemon.projection.reading import take
from thrum.daemon.projection.tables import Tables
from thrum.daemon.transaction import Origin, Transaction
from thrum.ids import Ids

__all__ = ["contents", "empty", "tables"]

BOB = "docs:bob"


def later(tables: Tables) -> Transaction:
    """As `decision`, at a time that its clock has as well."""
    now_ns = parse(NOW)
    return Transaction(tables, Origin(ME, Ticker(lambda: now_ns), Ids(lambda: now_ns)), NOW)


def test_each_author_is_told_once_of_what_nobody_saw(tables: Tables) -> None:
    seen = events.MessageReceipt(message_id="msg_2", agent_id=BOB, receipt_type="seen")
    elsewhere = sent(5, 9, recipients=[BOB])
    elsewhere.origin_daemon = "d_clone"
    for event in (
        *(registered(each, 1) for each in ("ann", "bea", BOB, "rail:bob")),
        sent(1, 5, recipients=[BOB]),
        sent(2, 6, recipients=[BOB]),
        sent(3, 7, recipients=[BOB, "ann"]),
        sent(4, 8, "bea", recipients=[BOB]),
        elsewhere,
        sent(6, 10, "rail:bob", recipients=[BOB]),
        sent(7, 11, "gone", recipients=[BOB]),
        sent(8, 12, recipients=["rail:bob"]),
        stamp(seen, 13),
    ):
        take(tables, [Line("events.jsonl", 0, canonical(event))])
    found = returning.unseen(tables.db, [BOB], [""])
    assert [each.message_id for each in found] == ["msg_1", "msg_3", "msg_4", "msg_7"]
    for _ in range(2):
        returning.tell(later(tables), found, held.LARGE, "supervisor")
    sql = (
        "SELECT d.recipient_agent_id, m.reply_to, m.body_content FROM messages m"
        " JOIN message_deliveries d USING (message_id)"
        " WHERE m.agent_id = 'supervisor' AND d.addressed_via != 'author' ORDER BY 1"
    )
    rows = tables.db.execute(sql).fetchall()
    assert [row[:2] for row in rows] == [("ann", "msg_3"), ("bea", "msg_4")]
    assert rows[0][2].startswith("2 messages of yours to @docs:bob did not arrive: ")


def test_a_notice_shows_the_beginning_of_a_message_in_one_line() -> None:
    def said(text: str) -> str:
        return returning.text(BOB, [Unseen("msg_1", BOB, "ann", text)], held.UNKNOWN)

    why = "will not be read: the peer has nobody of that name."
    assert said("\n") == f"Your message msg_1 to @docs:bob {why}"
    assert said("a\n b") == f"Your message msg_1 (a b) to @docs:bob {why}"
    assert f"({'x' * 60}…)" in said("x" * 61)
