"""Asking the sources of a command, and which hints keep it back."""

from __future__ import annotations

from importlib import import_module
from itertools import permutations

import pytest

from tests.thrum.hints.states import State
from thrum.hints import registry
from thrum.hints.contract import Asked, Hint

WARN = Hint("a.warn", "warn", "x")
FORCE = Hint("a.force", "warn", "x", allow_force=True)
INFO = Hint("a.info", "info", "x")


@pytest.mark.parametrize("command", registry.SOURCES)
def test_every_source_is_there_and_only_reads(command: str) -> None:
    for module, function in registry.SOURCES[command]:
        source = getattr(import_module(f"thrum.hints.{module}"), function)
        assert source.__doc__
        for is_done in (True, False):
            asked = Asked(command, State(), {}, is_done, {})
            assert list(source(asked)) == list(source(asked))


@pytest.mark.parametrize("command", [*registry.SOURCES, "unknown"])
def test_who_cannot_find_out_says_nothing(command: str) -> None:
    asked = Asked(command, State(fails=True), {"to": ["nux"]}, True, {"fresh": True})
    assert registry.hints(asked) == []


@pytest.mark.parametrize("order", list(permutations((INFO, WARN, FORCE))))
def test_only_warnings_keep_a_command_back(order: tuple[Hint, ...]) -> None:
    stopping = {each.code for each in registry.blockers(order, force=False)}
    assert stopping == {"a.warn", "a.force"}
    assert [each.code for each in registry.blockers(order, force=True)] == ["a.warn"]
    assert registry.blockers([INFO], force=False) == []
