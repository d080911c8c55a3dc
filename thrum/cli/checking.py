"""Whether a value is written as its flag demands, told before anybody is asked for anything."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from thrum.errors import ThrumError

if TYPE_CHECKING:
    from thrum.cli.takes import Syntax

_FAR_NS: Final = 1 << 62
"""A moment after every other: only how one is written matters here."""


def demand(syntax: Syntax, text: str, label: str) -> None:
    """Refuses a value that is not written so.

    Args:
        syntax: how it is written.
        text: the value.
        label: what a refusal calls the parameter.

    Raises:
        ThrumError: ``usage``.
    """
    _CHECKS[syntax](text, label)


def none_of(words: tuple[str, ...], text: str, label: str) -> ThrumError:
    """The refusal of a value that is none of the words, with the nearest of them."""
    from thrum.suggest import did_you_mean

    *first, last = words
    known = f"{', '.join(first)} or {last}" if first else last
    hint = did_you_mean(text, words)
    return ThrumError("usage", f"{label} is {known}, not {text!r}", hint or None)


def _pair(text: str, label: str) -> None:
    from thrum.cli.pairs import pair

    pair(text, label)


def _duration(text: str, label: str) -> None:
    from thrum.cli.render.times import duration

    duration(text, label)


def _moment(text: str, label: str) -> None:
    from thrum.cli.render.times import cutoff

    cutoff(text, label, _FAR_NS)


def _name(text: str, label: str) -> None:
    from thrum import names

    _as_usage(lambda: names.check_agent_name(text), label)


def _role(text: str, label: str) -> None:
    from thrum import names

    _as_usage(lambda: names.check_role(names.bare(text)), label)


def _member_role(text: str, label: str) -> None:
    if text != "*":
        _role(text, label)


def _module(text: str, label: str) -> None:
    from thrum import names

    _as_usage(lambda: names.check_role(text, "module"), label)


def _as_usage(check: Callable[[], object], label: str) -> None:
    """What the vocabulary says of a name, as something that is wrong with the line."""
    try:
        check()
    except ThrumError as error:
        raise ThrumError("usage", f"{label}: {error.message}", error.hint) from None


def _somebody(text: str, label: str) -> None:
    if not text.strip("@ "):
        raise ThrumError("usage", f"{label} names nobody", "as in @furiosa")


_CHECKS: Final[dict[Syntax, Callable[[str, str], None]]] = {
    "pair": _pair,
    "duration": _duration,
    "moment": _moment,
    "name": _name,
    "role": _role,
    "member role": _member_role,
    "module": _module,
    "somebody": _somebody,
}
