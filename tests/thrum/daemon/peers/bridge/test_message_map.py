"""Which message is which one there: a table that forgets nothing, whatever is in mind of it."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

import anyio
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from tests.laws import examples
from thrum.daemon.peers import checkpoints
from thrum.daemon.peers.bridge.message_map import MessageMap, Remote
from thrum.daemon.state import State

remotes = st.builds(Remote, st.sampled_from(["d_1", "d_2"]), st.sampled_from("abcdefgh"))


class Mapped(RuleBasedStateMachine):
    """A map that keeps three in mind, beside one that keeps everything."""

    def __init__(self) -> None:
        super().__init__()
        self._folder = tempfile.TemporaryDirectory()
        path = Path(self._folder.name) / "state.db"
        self._state = State.open(path, (checkpoints.SCHEMA,), time.time_ns)
        self._map = MessageMap(self._state.of("peers"), most=3)
        self._known: dict[Remote, str] = {}

    @rule(new=st.lists(remotes, max_size=5, unique=True))
    def put(self, new: list[Remote]) -> None:
        made = {each: f"msg_{each.origin}_{each.message_id}" for each in new}
        anyio.run(self._map.put, made)
        self._known |= made

    @rule(wanted=st.lists(remotes, max_size=8, unique=True))
    def here(self, wanted: list[Remote]) -> None:
        found = anyio.run(self._map.here, wanted)
        assert found == {each: self._known[each] for each in wanted if each in self._known}

    @rule(wanted=st.lists(remotes, max_size=8, unique=True))
    def there(self, wanted: list[Remote]) -> None:
        ids = [f"msg_{each.origin}_{each.message_id}" for each in wanted]
        found = anyio.run(self._map.there, ids)
        assert found == {self._known[each]: each for each in wanted if each in self._known}

    @rule()
    def begins_anew(self) -> None:
        self._map = MessageMap(self._state.of("peers"), most=3)

    @invariant()
    def few_are_in_mind(self) -> None:
        assert len(self._map._here) <= 3
        assert len(self._map._there) <= 3

    def teardown(self) -> None:
        self._state.close()
        self._folder.cleanup()


Mapped.TestCase.settings = settings(max_examples=examples(20), stateful_step_count=15)
test_it_knows_whatever_it_was_told = pytest.mark.filterwarnings("ignore")(Mapped.TestCase)
