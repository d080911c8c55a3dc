from collections.abc import Callable

import pytest

from thrum.daemon.one_time_code import LASTS_S, TRIES
from thrum.daemon.peers.pairing import Pairing
from thrum.daemon.peers.peer import Peer
from thrum.errors import ThrumError

CODE = "0123456789012345"


def refusal(act: Callable[[], object]) -> ThrumError:
    with pytest.raises(ThrumError) as refused:
        act()
    assert CODE not in str(refused.value)
    return refused.value


def pairing(now: list[float]) -> Pairing:
    return Pairing(code=CODE, transport="local", monotonic=lambda: now[0])


def test_the_code_lets_in_once() -> None:
    made = pairing([5.0])
    made.check(CODE)
    assert made.is_open
    made.settle(Peer("box", "127.0.0.1:1", "d_1"))
    assert not made.is_open
    assert refusal(lambda: made.check(CODE)).kind == "not_found"
    assert made.found is not None
    assert made.over.is_set()


def test_another_code_does_not_and_only_so_often() -> None:
    made = pairing([0.0])
    for left in range(TRIES - 1, 0, -1):
        assert f"{left} attempt" in str(refusal(lambda: made.check("9" * 16)))
    assert "too many" in str(refusal(lambda: made.check("")))
    # The right one comes too late.
    assert "too many" in str(refusal(lambda: made.check(CODE)))
    assert made.reason == "too many failed attempts"


def test_its_time_is_over() -> None:
    now = [0.0]
    made = pairing(now)
    now[0] = LASTS_S - 0.1
    assert made.is_open
    now[0] = LASTS_S
    assert "timed out" in str(refusal(lambda: made.check(CODE)))
    assert made.over.is_set()


def test_its_code_is_in_no_representation() -> None:
    assert CODE not in repr(pairing([0.0]))
    assert "s3cret" not in repr(Peer("box", "127.0.0.1:1", "d_1", token="s3cret"))
