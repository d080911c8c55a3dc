from __future__ import annotations

import threading

import pytest

from thrum.daemon.state.turn import Bound, Turn
from thrum.errors import ThrumError


def test_who_waits_in_vain_is_told_who_holds_the_turn() -> None:
    turn = Turn(patience_s=0.01)
    with turn.taken("queue"):
        with pytest.raises(ThrumError, match="which queue still writes to") as caught:
            turn._take("peers")
        assert (caught.value.kind, caught.value.details) == ("busy", {"holder": "queue"})
    with turn.taken("peers"):
        assert turn.holder == "peers"
    assert turn.holder == ""


def test_turns_are_taken_in_the_order_of_asking() -> None:
    turn = Turn()
    taken: list[str] = []

    def take(name: str) -> None:
        with turn.taken(name):
            taken.append(turn.holder)

    threads = [threading.Thread(target=take, args=(f"t{number}",)) for number in range(8)]
    with turn.taken("first"):
        for number, thread in enumerate(threads):
            thread.start()
            while len(turn._queue) <= number:
                threading.Event().wait(0.001)
    for thread in threads:
        thread.join()
    assert taken == [f"t{number}" for number in range(8)]


def test_only_so_many_are_let_in() -> None:
    bound = Bound(most=2)
    with bound.entered(), bound.entered():
        with pytest.raises(ThrumError) as caught, bound.entered():
            raise AssertionError("one too many")
        assert caught.value.kind == "busy"
    with bound.entered():
        assert bound.count == 1
    assert bound.count == 0
