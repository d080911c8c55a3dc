"""A program and a daemon of two versions: which is the older one, and what helps.

A daemon goes on with the version that it was started with. Nobody asks for it before a request:
it is looked at where a request failed, or where the daemon's health is asked for anyway.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import Enum
from typing import Any, Final

from thrum import __version__

PROTOCOL: Final = 1
"""Raised when a client and a daemon would misunderstand each other unless both know of a change.

A method or a field that is new is no such change: who does not know it does without, or is told.
"""


class Age(Enum):
    """How old a daemon is beside this program."""

    OLDER = "older"
    SAME = "same"
    NEWER = "newer"
    UNKNOWN = "unknown"


def age(health: Mapping[str, Any]) -> Age:
    """How old the daemon with this health is; one that does not say is of unknown age."""
    theirs, ours = _key(health), _key({"version": __version__, "protocol": PROTOCOL})
    if theirs is None or ours is None:
        return Age.UNKNOWN
    if theirs == ours:
        return Age.SAME
    return Age.OLDER if theirs < ours else Age.NEWER


def _key(health: Mapping[str, Any]) -> tuple[int, tuple[int, ...], bool] | None:
    """What sorts by age: the protocol, then the version, of which what precedes it is older."""
    match = re.match(r"v?(\d+(?:\.\d+)+)(.*)", str(health.get("version") or ""), re.DOTALL)
    if match is None:
        return None
    protocol = health.get("protocol", 0)
    is_final = not re.match(r"[-.]?(?:a|b|rc|dev|pre)", match[2])
    numbers = tuple(int(each) for each in match[1].split("."))
    return (protocol if isinstance(protocol, int) else 0), numbers, is_final


def remedy(health: Mapping[str, Any]) -> str:
    """What brings the program and a daemon together that lacks something."""
    ours = f"`thrum daemon restart` runs that of this program (version {__version__})"
    return {
        Age.OLDER: ours,
        Age.SAME: f"{ours}, which has changed since the daemon was started",
        Age.NEWER: f"update this program, which is version {__version__}",
        Age.UNKNOWN: f"{ours}; if the daemon is the newer one, update this program",
    }[age(health)]
