"""From what a program says to lines that are kept, and those that are reported."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from typing import Final

from thrum.clock import format_seconds
from thrum.daemon.children.output import Cutter, Line
from thrum.daemon.monitors.output_log import OutputLog
from thrum.daemon.monitors.pattern import Pattern
from thrum.daemon.monitors.plain import plain
from thrum.daemon.monitors.redaction import Redactor

MOST: Final = 2048
"""Bytes of a line, with its end, that are looked at; the rest of it is dropped."""

READ: Final = 2 * MOST
"""Bytes of a line that are read: a secret that stands where the line is cut is found whole."""

SURELY_SHORT: Final = MOST // 4
"""Characters of a text that has fewer bytes than that, whatever they are."""

CUT: Final = f"[line truncated, original length ≥ {MOST} bytes]"
REMEMBERED: Final = 500
"""Characters of the newest output that a last notice shows."""


class Watch:
    """Looks at the output of one monitor, through all its runs. On one thread at a time.

    Args:
        pattern: what a line must match.
        redactor: takes secrets out of what is kept and reported.
        log: where lines are kept.
        now_ns: the wall clock.
    """

    def __init__(
        self, pattern: Pattern, redactor: Redactor, log: OutputLog, now_ns: Callable[[], int]
    ) -> None:
        self._pattern = pattern
        self._redactor = redactor
        self._log = log
        self._now_ns = now_ns
        self._cutter = Cutter(READ)
        self._newest: deque[str] = deque(maxlen=20)

    def take(self, piece: bytes) -> list[str]:
        """Takes more of the output; the texts of lines that match."""
        return self._look(self._cutter.take(piece))

    def rest(self) -> list[str]:
        """The output of a run is over; what is left of it."""
        found = self._look(self._cutter.rest())
        self._cutter = Cutter(READ)
        return found

    def note(self, text: str) -> None:
        """Keeps what is said of the program beside what it says."""
        self._log.write([f"{format_seconds(self._now_ns())} -- {text}"])

    def newest(self) -> str:
        """The end of the output."""
        return "\n".join(self._newest)[-REMEMBERED:]

    def _look(self, lines: Sequence[Line]) -> list[str]:
        if not lines:
            return []
        shown = plain(b"\n".join(_without_end(each.said) for each in lines)).split("\n")
        known = self._redactor.known
        kept = self._redactor.lines(
            [known(text) if line.was_cut else text for line, text in zip(lines, shown, strict=True)]
        )
        moment = format_seconds(self._now_ns())
        texts = [
            _text(line, before, after)
            for line, before, after in zip(lines, shown, kept, strict=True)
        ]
        self._log.write([f"{moment} {text}" for text in texts])
        self._newest.extend(each[-REMEMBERED:] for each in kept[-20:])
        if not self._pattern.may_match("\n".join(shown).encode()):
            return []
        matches = self._pattern.matches
        return [
            text
            for before, text in zip(shown, texts, strict=True)
            if matches(_cut(before).encode())
        ]


def _without_end(said: bytes) -> bytes:
    return said.removesuffix(b"\r")


def _known(text: str) -> str:
    """A line that was not read to its end, without its last word, which may be half a secret."""
    return text[: max(text.rfind(" "), text.rfind("\t"), 0)] if len(text) < MOST else text


def _text(line: Line, before: str, after: str) -> str:
    """A line as it is kept and reported.

    Args:
        line: as it was read.
        before: as it is looked at.
        after: the same without its secrets.
    """
    if len(before) < SURELY_SHORT and not line.was_cut:
        return _cut(after)
    is_cut = line.was_cut or len(_cut(before)) < len(before)
    text = _cut(_known(after) if line.was_cut else after)
    return f"{text}\n{CUT}" if is_cut else text


def _cut(text: str) -> str:
    """As much of a line as is looked at."""
    if len(text) < SURELY_SHORT:
        return text
    data = text.encode()
    return text if len(data) < MOST else data[: MOST - 1].decode(errors="ignore")
