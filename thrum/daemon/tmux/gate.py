"""Whether a line is free for a word of ours, and whether that word stands there. Pure."""

from __future__ import annotations

from collections.abc import Callable

from thrum.daemon.tmux import front, guard
from thrum.daemon.tmux.guard import Facts, Guard
from thrum.runtimes.screens.reading import read
from thrum.runtimes.screens.screen import Kind, Screen
from thrum.runtimes.screens.shown import Shown

_NOTHING: Screen = read("", Shown(()))


def free(runtime: str) -> Guard:
    """The usual guard, for a pane that looks as an idle program of that runtime does."""

    def against(facts: Facts) -> str:
        usual = _usual(facts)
        return usual or ("" if _seen(runtime, facts).is_safe else _seen(runtime, facts).why)

    return against


def holding(runtime: str, is_word: Callable[[str], bool]) -> Guard:
    """The usual guard, for a line that holds a word of ours and nothing else, while nothing goes
    on.

    Args:
        runtime: what runs there.
        is_word: whether what stands in the line, wherever it is broken, is that word.
    """

    def against(facts: Facts) -> str:
        screen = _seen(runtime, facts)
        is_there = screen.kind is Kind.TYPED and is_word(screen.line)
        return _usual(facts) or ("" if is_there else "something else stands in the line")

    return against


def _usual(facts: Facts) -> str:
    """The usual guard; and it is no shell, which would do what it is told."""
    is_shell = facts.pane is not None and front.is_shell(facts.pane)
    return guard.usual(facts) or ("a shell is there" if is_shell else "")


def _seen(runtime: str, facts: Facts) -> Screen:
    return read(runtime, facts.shown) if facts.shown else _NOTHING
