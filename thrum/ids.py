"""Identifiers: ULIDs with a prefix, and ids that are hashes of what they name.

The alphabet is Crockford's base32, big-endian five-bit groups without padding. A ULID is 48 bits
of Unix milliseconds and 80 random bits (https://github.com/ulid/spec); within one process they
increase, so ids sort in the order they were made.
"""

from __future__ import annotations

import hashlib
import os
import re
import threading
from collections.abc import Callable
from functools import lru_cache
from typing import Final
from urllib.parse import unquote, urlsplit

from thrum.clock import NowNs

CROCKFORD: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_RANDOM_BITS: Final = 80
_RANDOM_MASK: Final = (1 << _RANDOM_BITS) - 1
_PAIRS: Final = [one + other for one in CROCKFORD for other in CROCKFORD]
"""Ten bits as text: half as many steps as character by character."""
_TIME_SHIFTS: Final = range(40, -1, -10)
_RANDOM_SHIFTS: Final = range(70, -1, -10)
_OF_ONE_USE: Final = 32
_ENDING: Final = 8
_AT_ONCE: Final = 512
"""Random bytes that are fetched at once: each fetch lets other threads go first."""


def base32(data: bytes) -> str:
    """Bytes in Crockford's alphabet, upper case, last group filled with zero bits."""
    bits = len(data) * 8
    groups = -(-bits // 5)
    number = int.from_bytes(data, "big") << (groups * 5 - bits)
    return "".join(CROCKFORD[(number >> (5 * i)) & 31] for i in range(groups - 1, -1, -1))


def ulid_text(milliseconds: int, randomness: int) -> str:
    """The 26 characters of a ULID: 48 bits of time, 80 bits of randomness."""
    return _time_text(milliseconds) + "".join(
        [_PAIRS[(randomness >> shift) & 1023] for shift in _RANDOM_SHIFTS]
    )


@lru_cache(16)
def _time_text(milliseconds: int) -> str:
    # Kept, because under load several ids fall into one millisecond.
    return "".join([_PAIRS[(milliseconds >> shift) & 1023] for shift in _TIME_SHIFTS])


class Ids:
    """Makes ids that increase within the process.

    Args:
        now_ns: the clock.
        random_bytes: gives that many random bytes.
    """

    def __init__(self, now_ns: NowNs, random_bytes: Callable[[int], bytes] = os.urandom) -> None:
        self._now_ns = now_ns
        self._random_bytes = random_bytes
        self._lock = threading.Lock()
        self._milliseconds = 0
        self._randomness = 0
        self._fetched = b""

    def ulid(self, ending: str = "") -> str:
        """A ULID greater than every earlier one of this source.

        Args:
            ending: its last characters, if somebody is to know them before; see `ending_of`.
        """
        with self._lock:
            milliseconds, before = self._now_ns() // 1_000_000, -1
            if milliseconds > self._milliseconds:
                self._begin(milliseconds)
            else:
                before = self._randomness
                self._randomness += 1 + self._random(4)
            if ending:
                self._end_with(ending, before)
            if self._randomness > _RANDOM_MASK:
                self._begin(self._milliseconds + 1)
                if ending:
                    self._end_with(ending, -1)
            return ulid_text(self._milliseconds, self._randomness)

    def _end_with(self, ending: str, before: int) -> None:
        """Makes the randomness end so, and greater than that of the last id."""
        step = 1 << (5 * len(ending))
        self._randomness += (_number(ending) - self._randomness) % step
        if self._randomness <= before:
            self._randomness += step

    def _begin(self, milliseconds: int) -> None:
        self._milliseconds = milliseconds
        self._randomness = self._random(10) >> 1

    def _random(self, count: int) -> int:
        """A random number of so many bytes; none is used twice."""
        if len(self._fetched) < count:
            self._fetched = self._random_bytes(_AT_ONCE)
        used, self._fetched = self._fetched[:count], self._fetched[count:]
        return int.from_bytes(used, "big")

    def go_on_after(self, text: str) -> None:
        """Makes ids greater than this one from now on, whatever the clock says.

        Args:
            text: a prefix and a whole ULID.
        """
        number = _number(text.rpartition("_")[2])
        with self._lock:
            here = (self._milliseconds << _RANDOM_BITS) | self._randomness
            if number > here:
                self._milliseconds = number >> _RANDOM_BITS
                self._randomness = number & _RANDOM_MASK

    def last(self, prefix: str) -> str:
        """The last id that was made, or that ids go on after, as one of that prefix."""
        with self._lock:
            return f"{prefix}_{ulid_text(self._milliseconds, self._randomness)}"

    def make(self, prefix: str, ending: str = "") -> str:
        """``<prefix>_`` and a ULID; prefixes in use: evt, msg, thr, ses, grp, tok, d."""
        return f"{prefix}_{self.ulid(ending)}"


def derived(prefix: str, moment_ns: int, *about: str) -> str:
    """The id of something that nobody gave one: of its time, and of what it is; always the same.

    Args:
        prefix: as `Ids.make`.
        moment_ns: when it came to be, as nanoseconds since 1970.
        about: what tells it from others of that time.
    """
    digest = hashlib.sha256("\0".join(about).encode(errors="replace")).digest()
    milliseconds = max(0, moment_ns // 1_000_000) & ((1 << 48) - 1)
    return f"{prefix}_{ulid_text(milliseconds, int.from_bytes(digest[:10], 'big'))}"


def ending_of(key: str) -> str:
    """How the id of what is made once for an idempotency key ends; empty for a short key.

    So whoever chose the key can name what was made though no answer came. A short key may be
    somebody else's too, and the same one tomorrow.
    """
    if len(key) < _OF_ONE_USE:
        return ""
    return base32(hashlib.sha256(key.encode(errors="replace")).digest())[:_ENDING]


def normalize_url(url: str) -> str:
    """A remote's URL in the form that is hashed for the repository id.

    SSH and HTTPS spellings of one GitHub-like address give the same text; user, port-less host
    case, query and a trailing ``.git`` do not count.

    Raises:
        ValueError: the URL is empty or is a ``git@`` address without a colon.
    """
    if not url:
        raise ValueError("the remote's URL is empty")
    if url.startswith("git@"):
        host, colon, path = url[4:].partition(":")
        if not colon:
            raise ValueError(f"a git@ address needs a colon before the path: {url}")
        return f"https://{host}/{path.removesuffix('.git')}"
    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")[2].lower()
    return f"https://{host}{unquote(parts.path).removesuffix('.git')}"


def repo_id(url: str) -> str:
    """The repository id ``r_`` + 12 characters for a remote's URL.

    Raises:
        ValueError: see `normalize_url`.
    """
    digest = hashlib.sha256(normalize_url(url).encode()).digest()
    return f"r_{base32(digest)[:12]}"


def unnamed_agent_id(repository: str, role: str, module: str) -> str:
    """The id of an agent that was registered without a name.

    Args:
        repository: the ``r_…`` id of the repository, or its directory name without a remote.
        role: the agent's role.
        module: the agent's module.
    """
    digest = hashlib.sha256(f"{repository}|{role}|{module}".encode()).digest()
    return f"{role}_{base32(digest)[:10]}"


_ID = re.compile(r"[a-z]+_[0-9A-HJKMNP-TV-Z]{26}")


def is_ulid_id(text: str) -> bool:
    """Whether the text is a prefix and a whole ULID, so needs no completion."""
    return _ID.fullmatch(text) is not None


def moment_of(text: str) -> int:
    """When an id that is a prefix and a whole ULID was made: nanoseconds since 1970."""
    return (_number(text.rpartition("_")[2]) >> _RANDOM_BITS) * 1_000_000


def is_made_after(text: str, moment_ns: int) -> bool:
    """Whether an id was made after a moment, as far as it tells."""
    return is_ulid_id(text) and moment_of(text) > moment_ns


def _number(ulid: str) -> int:
    number = 0
    for character in ulid:
        number = number * 32 + CROCKFORD.index(character)
    return number
