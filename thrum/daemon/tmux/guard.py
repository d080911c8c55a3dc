"""Whether keys may be typed into a pane now. Pure: facts come in, a reason against it comes out."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Final, NamedTuple

from msgspec import Struct

from thrum.daemon.tmux.panes import Pane
from thrum.runtimes.screens.shown import Shown

HANDS_OFF_S: Final = 5
"""Seconds after a person's last key in which nothing is typed beside it."""

HOLDS: Final = "#{&&:#{==:#{pane_dead},0},#{==:#{pane_in_mode},0}}"
"""What tmux looks at once more in the moment of typing: then nothing can come in between."""


def holds(facts: Facts) -> str:
    """What tmux looks at in the moment of typing, for whoever looked at the screen: besides, that
    since then nobody pressed a key, nothing was written, and the cursor is where it was."""
    cursor = facts.shown.cursor if facts.shown else None
    if facts.pane is None or cursor is None:
        return HOLDS
    seen = f"{facts.pane.keyed_s} {facts.pane.active_s} {cursor.row} {cursor.column}"
    now = "#{session_activity} #{window_activity} #{cursor_y} #{cursor_x}"
    return f"#{{&&:{HOLDS},#{{==:{now},{seen}}}}}"


class Client(NamedTuple):
    """A person's terminal that shows a session.

    Attributes:
        session_id: which.
        idle_s: seconds since a key was pressed there last.
    """

    session_id: str
    idle_s: float


class Facts(Struct, frozen=True):
    """What is known of a pane in the moment before something is typed.

    Attributes:
        pane: the pane; None if it is gone.
        clients: the terminals that are attached anywhere.
        thrum_dir: the folder of the Thrum that wants to type.
        shown: what the pane shows; None where nobody looked, for whoever does not ask.
    """

    pane: Pane | None
    clients: tuple[Client, ...]
    thrum_dir: Path
    shown: Shown | None = None


Guard = Callable[[Facts], str]
"""Why nothing may be typed; empty if something may."""


def clients(lines: Iterable[str], age: Callable[[str, int], float]) -> tuple[Client, ...]:
    """The terminals of people, from lines of `QUESTION`.

    Args:
        lines: what tmux says.
        age: how long ago something of somebody was, by its date; see `Ages`.
    """
    rows = [each.split(" ") for each in lines]
    return tuple(
        Client(row[0], age(row[0], int(row[1])))
        for row in rows
        if len(row) == 3 and row[1].isdigit() and row[2] != "1"
    )


def looking(
    found: Iterable[Client], pane: Pane | None, there: Iterable[Pane]
) -> tuple[Client, ...]:
    """Those terminals, where each that shows a pane's window by another session counts as one of
    the pane's own.

    Args:
        found: the terminals.
        pane: the pane; None if it is gone.
        there: every pane, by every session in which it stands.
    """
    if pane is None:
        return tuple(found)
    own = pane.session_id
    same = {each.session_id for each in there if each.id == pane.id}
    return tuple(
        each._replace(session_id=own) if each.session_id in same else each for each in found
    )


QUESTION: Final = (
    "list-clients",
    "-F",
    "#{session_id} #{client_activity} #{client_control_mode}",
)
"""The command whose lines `clients` reads."""


def usual(facts: Facts) -> str:
    """What holds whatever is typed: the pane is ours, lives, and nobody is at its keys."""
    pane = facts.pane
    if pane is None:
        return "the pane is gone"
    if not pane.is_of(facts.thrum_dir):
        return f"the session {pane.session} is not one of Thrum's"
    if pane.is_dead:
        return f"the program in {pane.target} has ended"
    if pane.is_in_mode:
        return f"{pane.target} is being read in copy mode"
    return attended(facts)


def attended(facts: Facts) -> str:
    """Whether somebody is at the keys of the pane's session; nothing more is against it."""
    pane = facts.pane
    if pane is not None and hands_off_s(facts) > 0:
        return f"somebody types in {pane.session} just now"
    return ""


def hands_off_s(facts: Facts) -> float:
    """Seconds for which a person's last key in the session counts; not above 0 if none does."""
    pane = facts.pane
    here = [each for each in facts.clients if pane and each.session_id == pane.session_id]
    return max((HANDS_OFF_S - each.idle_s for each in here), default=0.0)
