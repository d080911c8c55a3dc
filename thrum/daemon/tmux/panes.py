"""Every pane of a server as tmux describes it.

Names, titles and options may hold anything. So the fields are divided by a word that nobody can
know before, and it is asked for a new one each time.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

from msgspec import Struct

from thrum.daemon.tmux.target import Target

MANAGED: Final = "@thrum-managed"
OWNER: Final = "@thrum-thrum-dir"
HOME_PANE: Final = "@thrum-pane"
"""Options of a session: that it was made by a Thrum, whose folder that Thrum works in, and the pane
in which its agent lives, whatever windows are called or counted like."""

_FIELDS: Final = (
    "session_id",
    "pane_id",
    "window_index",
    "pane_index",
    "pane_dead",
    "pane_in_mode",
    "pane_pid",
    "window_activity",
    "session_activity",
    "session_name",
    "pane_current_command",
    "session_path",
    MANAGED,
    OWNER,
    HOME_PANE,
    "pane_tty",
    "window_id",
)


class Pane(Struct, frozen=True):
    """One pane.

    Attributes:
        session_id: the session, by tmux's own number (``$3``).
        id: the pane, likewise (``%7``).
        window: the number of its window; `base-index` and the user decide.
        index: its number in the window.
        is_dead: whether its program has ended and it stays all the same.
        is_in_mode: whether keys go to tmux (copy mode, a menu of sessions) and not to the program.
        pid: the program that it began with.
        active_s: when something was written in its window last, seconds since 1970.
        session: the session's name.
        command: what runs in front.
        path: where the session began.
        owner: the folder of the Thrum that made the session; empty if none did.
        home_pane: the pane in which the session's agent lives; empty if nothing says so.
        keyed_s: when a person pressed a key in its session last, likewise.
        tty: the terminal of what runs there (``/dev/pts/3``).
        window_id: its window, by tmux's own number (``@5``).
    """

    session_id: str
    id: str
    window: int
    index: int
    is_dead: bool
    is_in_mode: bool
    pid: int
    active_s: int
    session: str
    command: str
    path: str
    owner: str
    home_pane: str
    keyed_s: int = 0
    tty: str = ""
    window_id: str = ""

    @property
    def target(self) -> str:
        """It as files name it."""
        return f"{self.session}:{self.window}.{self.index}"

    @property
    def exact(self) -> str:
        """It for tmux, as a pane of this session: its window may stand in several."""
        return f"{self.session_id}:{self.window_id}.{self.id}" if self.window_id else self.id

    def is_of(self, thrum_dir: Path) -> bool:
        """Whether the Thrum of that folder made its session."""
        return self.owner == str(thrum_dir)


def question(fence: str) -> tuple[str, ...]:
    """The command that describes all panes, with fields divided by the word."""
    return ("list-panes", "-a", "-F", fence + "".join(f"#{{{f}}}{fence}" for f in _FIELDS))


def answer(said: str, fence: str) -> list[Pane]:
    """The panes of an answer; rows that are no panes are left out."""
    width = len(_FIELDS) + 1
    pieces = said.split(fence)[1:]
    rows = [pieces[at : at + len(_FIELDS)] for at in range(0, len(pieces) - width + 1, width)]
    return [_pane(dict(zip(_FIELDS, row, strict=True))) for row in rows if _is_sound(row)]


def _is_sound(row: Sequence[str]) -> bool:
    # The first nine are tmux's own numbers; a pane that ends just now may lack some.
    return row[0][:1] == "$" and row[1][:1] == "%" and all(n.isdigit() for n in row[2:9])


def _pane(row: dict[str, str]) -> Pane:
    return Pane(
        session_id=row["session_id"],
        id=row["pane_id"],
        window=int(row["window_index"]),
        index=int(row["pane_index"]),
        is_dead=row["pane_dead"] != "0",
        is_in_mode=row["pane_in_mode"] != "0",
        pid=int(row["pane_pid"]),
        active_s=int(row["window_activity"]),
        session=row["session_name"],
        command=row["pane_current_command"],
        path=row["session_path"],
        owner=row[OWNER] if row[MANAGED] == "1" else "",
        home_pane=row[HOME_PANE],
        keyed_s=int(row["session_activity"]),
        tty=row["pane_tty"],
        window_id=row["window_id"],
    )


def of_id(panes: Iterable[Pane], pane_id: str) -> Pane | None:
    """The pane of that number; None if it is gone.

    A person may have its window stand in sessions of their own as well (``new-session -t``): it is
    the one of the session that a Thrum made.
    """
    rows = [each for each in panes if each.id == pane_id]
    return next((each for each in rows if each.owner), rows[0] if rows else None)


def in_session(panes: Iterable[Pane], session: str) -> list[Pane]:
    """The panes of the session of exactly that name."""
    return [each for each in panes if each.session == session]


def meant(panes: Iterable[Pane], target: Target) -> Pane | None:
    """The pane that a target means; None if the session has none.

    The one in which the agent of the session lives, if it is still there; else the one of these
    numbers; else the first.
    """
    there = in_session(panes, target.session)
    at_home = [each for each in there if each.id == each.home_pane]
    numbered = [each for each in there if (each.window, each.index) == target[1:]]
    return next(iter((*at_home, *numbered, *there)), None)
