"""Names of sessions, and panes as files and other programs write them: ``session:window.pane``."""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from thrum.errors import ThrumError

_UNFIT: Final = re.compile(r"[^A-Za-z0-9_-]")
LONGEST: Final = 200


class Target(NamedTuple):
    """A pane as files name it.

    Attributes:
        session: the session's name.
        window: the number of the window; None if none is given.
        pane: the number of the pane; None if none is given.
    """

    session: str
    window: int | None = None
    pane: int | None = None


def clean(name: str) -> str:
    """The name that a session gets: what tmux or a shell could take for more becomes a hyphen.

    Raises:
        ThrumError: ``invalid_params``, nothing of a name is left, or it is too long.
    """
    found = _UNFIT.sub("-", name)
    if not re.search(r"[A-Za-z0-9_]", found) or len(found) > LONGEST:
        text = f"{name[:80]!r} is no name for a session"
        raise ThrumError("invalid_params", text, "use letters and digits, at most 200")
    # None begins with a dash: on a command line that would be a flag.
    return found if found[0] != "-" else f"s{found}"


def parse(text: str) -> Target:
    """The pane that a text names; what is no number is left out."""
    session, _, rest = text.partition(":")
    window, _, pane = rest.partition(".")
    return Target(session, _number(window), _number(pane))


def exactly(session: str) -> str:
    """The session of that name for tmux, which otherwise takes one whose name begins so.

    The colon has it taken for a session where a command wants a pane.
    """
    return f"={session}:"


def _number(text: str) -> int | None:
    return int(text) if re.fullmatch("[0-9]{1,6}", text) else None
