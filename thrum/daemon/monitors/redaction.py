"""Secrets, taken out of what a monitor shows, logs and says.

What is taken for one: the values of the monitor's own environment, wherever they turn up, and what
looks like a token. It is looked for by RE2, so that no output costs more than its length.

Imported with the first monitor.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final

from thrum.daemon.monitors.pattern import compiled
from thrum.daemon.monitors.plain import plain

MARK: Final = "<redacted>"
SHORTEST: Final = 6
"""Characters of a value that is looked for: a shorter one stands in too much else."""

HALF: Final = "\ufffd"
"""What is shown of a character that was read by half."""

_TOKENS: Final = "|".join(
    (
        r"\bgh[pousr]_[A-Za-z0-9]{20,}",
        r"\bgithub_pat_[A-Za-z0-9_]{20,}",
        r"\bgl[a-z]{2,6}-[A-Za-z0-9_-]{20,}",
        r"\bxox[a-z]-[A-Za-z0-9-]{10,}",
        r"\bxapp-[A-Za-z0-9-]{10,}",
        r"\b(?:AKIA|ASIA)[A-Z0-9]{16}\b",
        r"\bAIza[A-Za-z0-9_-]{30,}",
        r"\bya29\.[A-Za-z0-9_-]{20,}",
        r"\b(?:sk|pk|rk)[-_][A-Za-z0-9_-]{20,}",
        r"\b(?:npm|hf|glsa|shpat|dop_v1|pypi)[-_][A-Za-z0-9_-]{20,}",
        r"\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{4,}(?:\.[A-Za-z0-9_-]*)*",
        r"\b[0-9]{8,10}:[A-Za-z0-9_-]{35}\b",
    )
)
_NAMES: Final = (
    r"password|passwd|passphrase|pwd|secret|token|api[_-]?key|access[_-]?key|private[_-]?key"
    r"|client[_-]?secret|credentials?"
)
_RULES: Final = (
    (f"({_TOKENS})", MARK),
    (r"((?i:\b(?:bearer|basic|digest)) +)[A-Za-z0-9._~+/=-]{12,}", rf"\1{MARK}"),
    (r"([A-Za-z][A-Za-z0-9+.-]*://[^\s/:@]*:)[^\s/@]+(@)", rf"\1{MARK}\2"),
    (rf"""((?i:{_NAMES})["']? *[=:] *)(?:"[^"]+"|'[^']+'|[^\s"',;&]{{6,}})""", rf"\1{MARK}"),
)
"""Patterns, and what stands in their place."""

_COMPILED: Final[list[tuple[Any, bytes]]] = [
    (compiled(rule, len(rule)), mark.encode()) for rule, mark in _RULES
]

_KEY_BEGINS: Final = "-----BEGIN "
_KEY: Final = "PRIVATE KEY"
_KEY_ENDS: Final = "-----END "


class Redactor:
    """Takes the secrets of one monitor out of texts.

    Args:
        values: the values of its environment.
    """

    def __init__(self, values: Iterable[str] = ()) -> None:
        lines = {line for value in values for line in _lines_of(value)}
        # The longest first: one may be a part of another.
        self._values = sorted((each for each in lines if len(each) >= SHORTEST), key=_by_length)
        self._in_key = False

    def text(self, text: str) -> str:
        """One text without its secrets."""
        return "\n".join(self.lines(text.split("\n"), goes_on=False))

    def lines(self, lines: Sequence[str], *, goes_on: bool = True) -> list[str]:
        """Lines of an output without their secrets.

        Args:
            lines: none holds a line's end.
            goes_on: whether a private key that begins in them goes on in the next ones.
        """
        joined = "\n".join(lines)
        for value in self._values:
            joined = joined.replace(value, MARK)
        joined = self._by_rules(joined)
        return self._without_keys(joined.split("\n"), goes_on=goes_on) if lines else []

    def known(self, text: str) -> str:
        """A line that was not read to its end, without a value of which only the beginning was."""
        text = text.rstrip(HALF)
        begins = (_at_end(text, each) for each in self._values)
        at = min((each for each in begins if each >= 0), default=-1)
        return text if at < 0 else text[:at] + MARK

    def _by_rules(self, text: str) -> str:
        found = text.encode("utf-8", "replace")
        for rule, mark in _COMPILED:
            if rule.search(found) is not None:
                found = rule.sub(mark, found)
        return found.decode()

    def _without_keys(self, lines: Sequence[str], *, goes_on: bool) -> list[str]:
        within, kept = self._in_key and goes_on, []
        for line in lines:
            if not within and _KEY_BEGINS in line and _KEY in line:
                within = True
                kept.append(MARK)
            elif not within:
                kept.append(line)
            else:
                kept.append(MARK)
                within = _KEY_ENDS not in line
        if goes_on:
            self._in_key = within
        return kept


def _lines_of(value: str) -> set[str]:
    """The lines of a value, as it is and as an output that holds it is shown."""
    shown = plain(value.encode("utf-8", "replace"))
    return {line.strip() for line in (*value.splitlines(), *shown.split("\n"))}


def _at_end(text: str, value: str) -> int:
    """Where the beginning of a value begins with which a text ends; -1 if it ends with none."""
    begin = value[:SHORTEST]
    at = text.find(begin, max(len(text) - len(value) + 1, 0))
    while at >= 0 and not value.startswith(text[at:]):
        at = text.find(begin, at + 1)
    return at


def _by_length(value: str) -> int:
    return -len(value)


def argv(words: Sequence[str], env_values: Iterable[str] = ()) -> list[str]:
    """A command as it is shown: without its secrets, also one that a flag before it announces."""
    redactor = Redactor(env_values)
    shown, is_announced = [], False
    for word in words:
        shown.append(MARK if is_announced else redactor.text(word))
        is_announced = _announces(word)
    return shown


def _announces(word: str) -> bool:
    """Whether the word is a flag whose value, the next word, is a secret."""
    return word.startswith("-") and "=" not in word and _FLAG.search(word.encode()) is not None


_FLAG: Final = compiled(rf"^--?(?:[A-Za-z0-9]+-)*(?i:{_NAMES})$")
