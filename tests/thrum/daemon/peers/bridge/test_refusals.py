"""What did not arrive is known until it is otherwise."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import anyio
import pytest

from thrum.daemon.peers import checkpoints
from thrum.daemon.peers.bridge import refusals
from thrum.daemon.peers.bridge.refusals import REFUSED, RETURNED, Refusal, Refusals
from thrum.daemon.state import State, Tables


@pytest.fixture
def kept(tmp_path: Path) -> Iterator[Tables]:
    state = State.open(tmp_path / "state.db", (checkpoints.SCHEMA,), time.time_ns)
    yield state.of("peers")
    state.close()


def read(kept: Tables, name: str = REFUSED) -> Refusals:
    found = Refusals(kept, name)
    anyio.run(found.read)
    return found


def test_it_is_known_after_a_restart_since_it_began_and_of_one_side_alone(kept: Tables) -> None:
    here = Refusals(kept, REFUSED)
    assert here.of("msg_1") == {}
    anyio.run(here.settle, {"msg_1": {"bob": "large", "cleo": "unknown"}, "msg_2": {}}, "1")
    anyio.run(here.settle, {"msg_1": {"bob": "large", "cleo": "refused"}}, "2")
    wanted = {"bob": Refusal("large", "1"), "cleo": Refusal("refused", "1")}
    assert here.of("msg_1") == read(kept).of("msg_1") == wanted
    assert read(kept, RETURNED).of("msg_1") == {}
    anyio.run(read(kept).settle, {"msg_1": {"cleo": "unknown"}}, "3")
    assert list(read(kept).of("msg_1")) == ["cleo"]
    anyio.run(read(kept).settle, {"msg_1": {}}, "4")
    assert read(kept).of("msg_1") == {}


def test_the_newest_are_kept(kept: Tables, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(refusals, "MOST", 2)
    here = read(kept)
    for number in range(4):
        anyio.run(here.settle, {f"msg_{number}": {"bob": "large"}}, str(number))
    assert [bool(here.of(f"msg_{number}")) for number in range(4)] == [False, False, True, True]
