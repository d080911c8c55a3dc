"""What outlasts the daemon."""

from __future__ import annotations

import sqlite3

from thrum.daemon.loops.exchange import Exchange, Stage
from thrum.daemon.loops.kept import SCHEMA, Heard, keep, load
from thrum.daemon.loops.ledger import Ledger
from thrum.daemon.loops.rounds import Rounds, Way
from thrum.daemon.state.schema import apply


def test_it_comes_back_as_it_was_and_in_its_order() -> None:
    db = sqlite3.connect(":memory:")
    for step in SCHEMA.migrations:
        apply(db, step)
    assert load(db) == (Ledger(), None)
    heads = {"a": frozenset({"1", "2"}), "b": frozenset[str]()}
    held = Exchange("a b", frozenset("ab"), "b", 9, 19, Stage.HELD, 7, heads, "msg_1")
    thread = Exchange("thr_1", frozenset("abc"), "c", 4)
    waits = {"msg_1": {"a b": 2**63 - 1}, "msg_2": {"a b": 5}}
    rounds = Rounds({"b": {"z": Way(("z",), 3), "c": Way(("c", "a"), 4)}})
    ledger = Ledger({"thr_1": thread, "a b": held}, waits, rounds=rounds)
    for _ in range(2):
        keep(db, ledger, Heard(12, "evt_1"))
        found, heard = load(db)
        assert (found, heard) == (ledger, Heard(12, "evt_1"))
        assert list(found.exchanges) == ["thr_1", "a b"]
        assert list(found.rounds.ways["b"]) == ["z", "c"]
