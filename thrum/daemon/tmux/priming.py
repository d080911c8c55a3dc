"""Has a runtime that no hook told anything ask for it itself: a line is typed, once, where it is
known that nothing but the runtime's own empty line gets it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from thrum.daemon.tmux import gate

if TYPE_CHECKING:
    from thrum.daemon.tmux.panes import Pane
    from thrum.daemon.tmux.service import Tmux

WORDS: Final = "Run `thrum prime` and go on from what it prints."
_BARE: Final = "".join(WORDS.split())


def is_word(line: str) -> bool:
    """Whether a line holds those words and nothing else, wherever it is broken."""
    return "".join(line.split()) == _BARE


async def prime(tmux: Tmux, pane: Pane, runtime: str) -> bool:
    """Says the words in a pane, as all that is said to runtimes there; whether they were sent.

    Raises:
        ThrumError: ``conflict``, something is against it; as `Typist.say`.
    """
    may, stands = gate.free(runtime), gate.holding(runtime, is_word)
    return await tmux.typist.say(pane, WORDS, may=may, stands=stands)
