"""Which tmux is there, and whether it is new enough."""

from __future__ import annotations

import re
from typing import Final

from thrum.errors import ThrumError

LEAST: Final = (3, 2)
"""Since then a client may leave sizes alone and be told of what changes anywhere."""

_VERSION: Final = re.compile(r"tmux (?:next-)?(\d+)\.(\d+)")


def check(said: str) -> str:
    """The version that ``tmux -V`` names.

    One without a number (``tmux master``, OpenBSD's own) is taken for a new one.

    Raises:
        ThrumError: ``program``, it is too old, or no tmux.
    """
    text = said.strip()
    if not text.startswith("tmux "):
        raise ThrumError("program", f"the program tmux says that it is {text[:80]!r}")
    found = _VERSION.match(text)
    if found and (int(found[1]), int(found[2])) < LEAST:
        wanted = ".".join(map(str, LEAST))
        raise ThrumError(
            "program", f"{text} is too old: Thrum needs {wanted}", "install a newer tmux"
        )
    return text.removeprefix("tmux ")
