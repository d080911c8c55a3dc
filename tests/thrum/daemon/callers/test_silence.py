"""Places that do not answer."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator

import pytest

from thrum.daemon.callers.silence import SILENT_S, Silence


class Clock:
    """Seconds that a test lets pass."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def dead() -> Iterator[Callable[[], str]]:
    """A question that is answered when the test ends."""
    over = threading.Event()

    def question() -> str:
        assert over.wait(20)
        return "late"

    yield question
    over.set()


def hold(silence: Silence, place: str, question: Callable[[], str]) -> threading.Thread:
    """Has a thread ask, and returns once it does."""
    asked = threading.Event()

    def ask() -> str:
        asked.set()
        return question()

    thread = threading.Thread(target=silence.broken, args=(place, ask, "never"), daemon=True)
    thread.start()
    assert asked.wait(20)
    return thread


def test_a_place_that_answers_is_asked_each_time(clock: Clock) -> None:
    silence = Silence(clock)
    for answer in ("one", "two"):
        assert silence.broken("/a", lambda answer=answer: answer, "none") == answer  # type: ignore[misc]
    with pytest.raises(OSError, match="no such"):
        silence.broken("/a", lambda: (_ for _ in ()).throw(OSError("no such")), "none")
    assert silence.broken("/a", lambda: "three", "none") == "three"
    assert not silence.is_kept()


def test_one_that_does_not_is_not_asked_again_until_it_does(
    clock: Clock, dead: Callable[[], str]
) -> None:
    silence = Silence(clock)
    over = threading.Event()
    thread = hold(silence, "/dead", lambda: "late" if over.wait(20) else "never")
    assert silence.broken("/dead", lambda: "soon", "none") == "soon", "it may only be slow"
    clock.now = SILENT_S + 0.1
    assert silence.broken("/dead", lambda: "soon", "none") == "none"
    assert silence.broken("/other", lambda: "soon", "none") == "soon"
    assert silence.is_kept()
    over.set()
    thread.join(20)
    assert silence.broken("/dead", lambda: "again", "none") == "again"
    assert not silence.is_kept()


def test_nobody_is_held_longer_than_the_limit(dead: Callable[[], str]) -> None:
    silence = Silence()
    assert silence.within("/dead", dead, "none", 0.01) == "none"
    assert silence.within("/a", lambda: "here", "none", 20) == "here"
    with pytest.raises(ValueError, match="wrong"):
        silence.within("/a", lambda: (_ for _ in ()).throw(ValueError("wrong")), "none", 20)
