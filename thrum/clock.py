"""Time: nanoseconds since 1970 in UTC, and RFC 3339 text with nine fraction digits.

Fixed width makes text order equal to time order. Other nodes trim trailing zeros, so `parse`
accepts any precision and any offset.
"""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from functools import lru_cache
from typing import Final

NowNs = Callable[[], int]
"""A source of time: nanoseconds since 1970-01-01 UTC."""

_NS: Final = 1_000_000_000
KEPT: Final = 256
"""Seconds whose text is kept."""
_RFC3339 = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)[Tt ](\d\d):(\d\d):(\d\d)(?:\.(\d{1,18}))?(?:([Zz])|([+-])(\d\d):(\d\d))"
)


def format_ns(ns: int) -> str:
    """Nanoseconds since 1970 as ``2026-01-02T03:04:05.000000006Z``."""
    seconds, fraction = divmod(ns, _NS)
    return f"{_to_seconds(seconds)}.{fraction:09d}Z"


def format_seconds(ns: int) -> str:
    """Nanoseconds since 1970 as whole seconds, ``2026-01-02T03:04:05Z``."""
    return f"{_to_seconds(ns // _NS)}Z"


def stamp(ns: int) -> str:
    """A moment as part of a file name: ``20260102T030405Z``."""
    return format_seconds(ns).replace("-", "").replace(":", "")


@lru_cache(KEPT)
def _to_seconds(seconds: int) -> str:
    # Kept, because thousands of events may fall into one second.
    # Not strftime: its %Y has no leading zeros on Linux, and years below 1000 stand for "never".
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds")[:19]


def parse(text: str) -> int:
    """RFC 3339 text of any precision and offset as nanoseconds since 1970.

    Digits past the ninth are cut off.

    Raises:
        ValueError: the text is no RFC 3339 time.
    """
    fraction = text[20:29]
    is_ours = len(text) == 30 and text[19] == "." and text[29] == "Z"
    if is_ours and fraction.isascii() and fraction.isdigit():
        try:
            return _from_seconds(text[:19]) * _NS + int(fraction)
        except ValueError:
            pass  # whoever is told what is wrong is told of the whole text
    return _parse(text)


@lru_cache(KEPT)
def _before(second: str, span_ns: int) -> str:
    return format_ns(_from_seconds(second) * _NS - span_ns)


def before(text: str, span_ns: int) -> str:
    """A moment that long before one of ours, or up to a second earlier.

    For what is compared with every message: within a second it is worked out once.

    Args:
        text: as `format_ns` gives it.
        span_ns: nanoseconds.
    """
    return _before(text[:19], span_ns)


@lru_cache(KEPT)
def _from_seconds(text: str) -> int:
    return _parse(f"{text}Z") // _NS


def _parse(text: str) -> int:
    found = _RFC3339.fullmatch(text)
    if found is None:
        raise ValueError(f"not an RFC 3339 time: {text!r}")
    year, month, day, hour, minute, second = (int(found[i]) for i in range(1, 7))
    moment = datetime(year, month, day, hour, minute, min(second, 59), tzinfo=UTC)
    seconds = int(moment.timestamp()) + (second - min(second, 59))
    if found[9]:
        offset = (int(found[10]) * 60 + int(found[11])) * 60
        seconds -= offset if found[9] == "+" else -offset
    fraction = (found[7] or "0")[:9].ljust(9, "0")
    return seconds * _NS + int(fraction)


def normalize(text: str) -> str:
    """Any RFC 3339 text in the fixed form of `format_ns`.

    Raises:
        ValueError: the text is no RFC 3339 time.
    """
    return format_ns(parse(text))


LAST_NS: Final = 253_402_300_799_999_999_999
"""The last moment that text can name, at the end of the year 9999."""

AHEAD_NS: Final = 3600 * _NS
"""How far ahead of a node's own clock a time may be and still be believed: an hour."""


class Ticker:
    """Strictly increasing timestamps out of a clock that may stand still or step back a little.

    No two events of one node share a timestamp, so the order of lines in a shard is total. A clock
    that is set back by more than `AHEAD_NS` was wrong before: then it is believed.
    """

    def __init__(self, now_ns: NowNs = time.time_ns) -> None:
        self._now_ns = now_ns
        self._last = 0
        self._lock = threading.Lock()

    def __call__(self) -> int:
        """The present in nanoseconds, at least one more than the last answer."""
        with self._lock:
            now = self._now_ns()
            if self._last - AHEAD_NS <= now <= self._last:
                now = self._last + 1
            self._last = now
            return now
