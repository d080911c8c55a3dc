"""Being seen: at most twice a minute, and never an event."""

from __future__ import annotations

from typing import Any

from thrum.clock import format_ns
from thrum.daemon.rpc import touch
from thrum.daemon.transaction import Transaction

MINUTE_NS = 60_000_000_000


def test_it_is_noted_once_in_a_while(node: Any) -> None:
    node.agent("nux")
    now = node.parts.now_ns()

    def seen_at(moment: int) -> str:
        """Sees nux at that moment; when it is said to have been seen last."""

        def decide(transaction: Transaction) -> str:
            transaction.now = format_ns(moment)
            touch.seen(transaction, "nux")
            rows = transaction.db.execute(
                "SELECT last_seen_at FROM agents WHERE agent_id = 'nux'"
            ).fetchall()
            return str(rows[0][0])

        found: str = node.store.transact_blocking(decide)
        return found

    first = seen_at(now + MINUTE_NS)
    assert first == format_ns(now + MINUTE_NS)
    assert seen_at(now + MINUTE_NS + touch.EVERY_NS // 2) == first
    assert seen_at(now + 2 * MINUTE_NS) == format_ns(now + 2 * MINUTE_NS)
    events = node.store.reader().execute("SELECT DISTINCT type FROM events").fetchall()
    assert {kind for (kind,) in events} == {"agent.register", "agent.session.start"}
