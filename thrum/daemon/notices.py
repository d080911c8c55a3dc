"""What changes on this node and no event says; listeners hear of it as they hear of events."""

from __future__ import annotations

from msgspec import Struct

from thrum.runtimes.screens.screen import Screen


class Changed(Struct, frozen=True):
    """What an agent does or works on, or what mail to it waits for, may be another thing."""

    agent_id: str


class Looked(Struct, frozen=True):
    """It was kept what an agent has changed in its worktree, and not committed."""

    agent_id: str


class Forgotten(Struct, frozen=True):
    """Events are gone, and none tells of it: whoever shows things looks at all of them anew."""


class Exchanged(Struct, frozen=True):
    """A cycle of the exchange with the remote has ended, well or not."""


class Moved(Struct, frozen=True):
    """Where an agent may be at home, or which process it is, has changed."""

    agent_id: str


class PaneQuiet(Struct, frozen=True):
    """The pane of an agent was written in and has gone quiet, or only what moves by itself moves.

    Attributes:
        session: the name of its session of tmux.
        pane_id: the pane, by tmux's own number (``%7``).
        agent: who lives there.
        runtime: what runs there, by its proper name; empty if nobody knows.
        screen: what it shows.
        rows: that as text: hostile, whatever the screen is.
    """

    session: str
    pane_id: str
    agent: str
    runtime: str
    screen: Screen
    rows: tuple[str, ...]
