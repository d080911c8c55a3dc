"""Moments and spans as people say them."""

from __future__ import annotations

import re
from typing import Final

from thrum.clock import format_seconds, parse
from thrum.errors import ThrumError

_SECOND: Final = 1_000_000_000
_UNITS: Final = {
    "ns": 1,
    "us": 1_000,
    "µs": 1_000,
    "μs": 1_000,
    "ms": 1_000_000,
    "s": _SECOND,
    "m": 60 * _SECOND,
    "h": 3_600 * _SECOND,
    "d": 86_400 * _SECOND,
}
_MOMENTS: Final = "write it as 30d, 12h, 2026-05-01 (from midnight UTC) or 2026-05-01T08:00:00Z"
_PIECE = re.compile(r"(\d+\.?\d*|\.\d+)(ns|us|µs|μs|ms|s|m|h|d)")
_MONTHS: Final = [
    "Jan",
    "Feb",
    "Mar",
    "Apr",
    "May",
    "Jun",
    "Jul",
    "Aug",
    "Sep",
    "Oct",
    "Nov",
    "Dec",
]


def ago(moment: str, now_ns: int) -> str:
    """How long ago: ``now``, ``5m``, ``3h``, ``2d``, from a week on ``Jan 2``.

    Anything that is no time is empty: it came from somebody else and says nothing.
    """
    try:
        then = parse(moment)
    except ValueError:
        return ""
    minutes = (now_ns - then) // (60 * _SECOND)
    if minutes < 1:
        return "now"
    if minutes < 60:
        return f"{minutes}m"
    if minutes < 24 * 60:
        return f"{minutes // 60}h"
    if minutes < 7 * 24 * 60:
        return f"{minutes // (24 * 60)}d"
    return f"{_MONTHS[int(moment[5:7]) - 1]} {int(moment[8:10])}"


def ago_words(moment: str, now_ns: int) -> str:
    """The same for sentences: ``just now``, ``5m ago``, ``on Jan 2``; ``never`` without a time."""
    short = ago(moment, now_ns)
    if not short:
        return "never"
    if short == "now":
        return "just now"
    return f"{short} ago" if short[-1] in "mhd" and short[0].isdigit() else f"on {short}"


def second(moment: str) -> str:
    """A moment in whole seconds and UTC, which is as exact as people want it.

    Anything that is no time is left as it is, for it may be all that is known.
    """
    try:
        return format_seconds(parse(moment))
    except (ValueError, OverflowError):
        return moment


def span(milliseconds: int) -> str:
    """A span: ``45s``, ``12m``, ``2h15m``, ``3d4h``."""
    seconds = milliseconds // 1000
    if seconds < 60:
        return f"{seconds}s"
    minutes = seconds // 60
    if minutes < 60:
        return f"{minutes}m"
    hours, minutes = divmod(minutes, 60)
    if hours < 24:
        return f"{hours}h{minutes}m" if minutes else f"{hours}h"
    days, hours = divmod(hours, 24)
    return f"{days}d{hours}h" if hours else f"{days}d"


def duration(text: str, flag: str) -> int:
    """Nanoseconds of ``30s``, ``-1h30m``, ``+1.5s``, ``2d`` or ``0``.

    Raises:
        ThrumError: ``usage``, naming the flag.
    """
    bare = text[1:] if text[:1] in {"+", "-"} else text
    if bare == "0":
        return 0
    pieces = list(_PIECE.finditer(bare))
    if not pieces or "".join(piece[0] for piece in pieces) != bare:
        raise ThrumError(
            "usage", f"{flag} takes a duration, not {text!r}", "write it as 30s, 5m, 1h30m or 2d"
        )
    total = sum(int(float(piece[1]) * _UNITS[piece[2]]) for piece in pieces)
    return -total if text.startswith("-") else total


def cutoff(text: str, flag: str, now_ns: int) -> int:
    """The moment that ``2d``, ``3h``, ``2026-05-01`` or an RFC 3339 time names, in nanoseconds.

    A day begins at midnight UTC; a time without a zone could be any of many, and is none.

    Raises:
        ThrumError: ``usage``, naming the flag.
    """
    days = re.fullmatch(r"(\d{1,6})d", text)
    if days:
        span_ns = int(days[1]) * 86_400 * _SECOND
    else:
        try:
            day = re.fullmatch(r"\d{4}-\d\d-\d\d", text)
            return parse(f"{text}T00:00:00Z" if day else text)
        except ValueError:
            span_ns = _span_ago(text, flag)
    if span_ns <= 0:
        raise ThrumError("usage", f"{flag} takes a time in the past, not {text!r}", _MOMENTS)
    return max(now_ns - span_ns, 0)


def _span_ago(text: str, flag: str) -> int:
    try:
        return duration(text, flag)
    except ThrumError:
        raise ThrumError("usage", f"{flag} takes a moment, not {text!r}", _MOMENTS) from None
