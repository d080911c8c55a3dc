"""What a line must match, by RE2: whatever somebody writes, it never takes more than linear time.

Imported with the first monitor.
"""

from __future__ import annotations

import re
from typing import Any, Final

import re2

from thrum.daemon.monitors.job import LONGEST_MATCH
from thrum.errors import ThrumError

MOST_BYTES: Final = 1 << 20
"""Memory that one pattern may take."""

_OF_ONE_LINE: Final = re.compile(r"\\[AzQ]|\(\?[a-zA-Z]*-")
"""What means another thing where many lines are looked at together."""


class Pattern:
    """A pattern that is looked for anywhere in a line.

    Args:
        text: as somebody wrote it; empty for one that every line matches.

    Raises:
        ThrumError: ``invalid_params``, with what RE2 says of it.
    """

    def __init__(self, text: str) -> None:
        self._found: Any = compiled(text) if text else None
        is_bound = text == "" or _OF_ONE_LINE.search(text) is not None
        self._among: Any = None if is_bound else compiled(f"(?m:{text})", LONGEST_MATCH + 5)

    def matches(self, line: bytes) -> bool:
        """Whether it is found in the line."""
        return self._found is None or self._found.search(line) is not None

    def may_match(self, lines: bytes) -> bool:
        """Whether one of the lines may match; most do not, and are not looked at one by one."""
        return self._among is None or self._among.search(lines) is not None


def compiled(text: str, longest: int = LONGEST_MATCH) -> Any:
    """A pattern of RE2 for bytes that are mostly UTF-8.

    Args:
        text: the pattern.
        longest: how many characters it may have.

    Raises:
        ThrumError: ``invalid_params``.
    """
    if len(text) > longest:
        raise ThrumError(
            "invalid_params", f"invalid match pattern: it is longer than {longest} characters"
        )
    options = re2.Options()
    options.log_errors = False
    options.max_mem = MOST_BYTES
    try:
        return re2.compile(text.encode(), options)
    except UnicodeEncodeError:
        why = "it holds a character that is no Unicode"
    except re2.error as error:
        why = " ".join(_as_text(each) for each in error.args)
    raise ThrumError(
        "invalid_params",
        f"invalid match pattern: {why}",
        "patterns are those of RE2: as in other languages, but without look-around and references",
    )


def _as_text(said: object) -> str:
    return said.decode(errors="replace") if isinstance(said, bytes) else str(said)
