"""What everybody is shown of loops; `test_service.py` has the rights."""

from __future__ import annotations

import asyncio
from typing import Any

from thrum.clock import parse
from thrum.daemon.loops.exchange import HOUR_NS, Exchange, Stage
from thrum.daemon.loops.service import Loops


def test_pairs_and_threads_the_oldest_first(node: Any) -> None:
    node.agent("furiosa")
    loops, now = node.parts.service(Loops), node.parts.now_ns()
    pair = Exchange("a b", frozenset("ab"), "a", now, 14, Stage.SLOWED, now)
    thread = Exchange("thr_1", frozenset("cba"), "c", now, 20, Stage.HELD, now - 1)
    free = Exchange("c d", frozenset("cd"), "c", now, 3)
    for each in (pair, thread, free):
        loops._ledger.exchanges[each.key] = each
    loops._ledger.waits["msg_1"] = {"thr_1": 2**63 - 1}
    answer = node.call("nobody", "loops.list")
    assert answer["limit"] == 12
    second, first = answer["loops"][1], answer["loops"][0]
    assert first == {
        "id": thread.id,
        "parties": ["a", "b", "c"],
        "stage": "held",
        "since": first["since"],
        "answers": 20,
        "waiting": 1,
        "thread": "thr_1",
        "free_at": first["free_at"],
    }
    assert parse(first["free_at"]) - parse(first["since"]) == HOUR_NS
    assert (second["stage"], "thread" in second, "free_at" in second) == ("slowed", False, False)
    asyncio.run(loops.tick())
