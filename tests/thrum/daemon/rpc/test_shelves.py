"""Methods are loaded with the first of their noun that is called."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from msgspec.structs import replace

from thrum.daemon.rpc import health, thread
from thrum.daemon.rpc.registry import Method, declared_in
from thrum.daemon.rpc.shelves import Shelf, Shelves


def shelf(name: str, nouns: tuple[str, ...], module: object, loaded: list[str]) -> Shelf:
    def load() -> list[Method[Any, Any]]:
        loaded.append(name)
        return declared_in(module)

    return Shelf(name, nouns, load)


def test_a_noun_is_loaded_once_and_when_it_is_called() -> None:
    loaded: list[str] = []
    shelves = Shelves(
        [shelf("one", ("health",), health, loaded), shelf("two", ("thread",), thread, loaded)]
    )
    assert shelves.get("unknown.word") is None
    assert loaded == []
    assert shelves["health"] is health.health
    assert shelves.get("health.unknown") is None
    assert "health" in shelves
    assert loaded == ["one"]
    assert sorted(shelves) == ["health", "thread.list"]
    assert len(shelves) == 2
    assert loaded == ["one", "two"]


def test_a_method_that_nobody_would_find_is_refused() -> None:
    shelves = Shelves([shelf("lost", ("weather",), health, [])])
    with pytest.raises(ValueError, match="lost answers health, which is none of its nouns"):
        len(shelves)


def test_two_methods_of_one_name_are_refused() -> None:
    found = declared_in(health)[0]
    other = replace(found, summary="Another one.")
    shelves = Shelves(
        [Shelf("one", ("health",), lambda: [found]), Shelf("two", ("health",), lambda: [other])]
    )
    with pytest.raises(ValueError, match="two methods bear the name health"):
        shelves["health"]


def test_threads_that_ask_at_once_have_it_loaded_once() -> None:
    loaded: list[str] = []
    shelves = Shelves([shelf("one", ("health",), health, loaded)])
    start, found = threading.Barrier(8), []

    def ask() -> None:
        start.wait()
        found.append(shelves["health"])

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert found == [health.health] * 8
    assert loaded == ["one"]
