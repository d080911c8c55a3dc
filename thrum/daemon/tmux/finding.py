"""Which pane is meant by the name of a session, or why none is."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from thrum.daemon.tmux import binding, panes, target
from thrum.daemon.tmux.panes import Pane
from thrum.daemon.tmux.target import Target
from thrum.errors import ThrumError
from thrum.identity.files import Identity

_NUMBER: Final = re.compile(r"[%@$][0-9]+")


def named(name: str) -> Target:
    """The target that somebody names, by a session or a pane; tmux's sign before a name may stand.

    Raises:
        ThrumError: ``invalid_params``, it is no name.
    """
    if _NUMBER.fullmatch(name):
        text = f"{name} is a number of tmux's own, not a session's name"
        raise ThrumError("invalid_params", text, "`thrum tmux list` shows the names")
    said = target.parse(name.removeprefix("="))
    return said._replace(session=target.clean(said.session))


def reachable(
    there: Sequence[Pane], wanted: Target, identities: Sequence[Identity], thrum_dir: Path
) -> Pane:
    """The pane that is meant: of a session that we made, or in which an agent of ours lives.

    Args:
        there: every pane of the server.
        wanted: which.
        identities: of all worktrees.
        thrum_dir: the folder of the Thrum that asks.

    Raises:
        ThrumError: ``not_found``; ``not_allowed``, the session is somebody else's.
    """
    found = panes.meant(there, wanted)
    if found is None:
        raise ThrumError(
            "not_found",
            f"there is no session {wanted.session}",
            "`thrum tmux list` shows those that there are",
        )
    if not found.is_of(thrum_dir) and binding.of_session(identities, wanted.session) is None:
        text = f"the session {wanted.session} is not one of Thrum's"
        raise ThrumError("not_allowed", text, "`thrum tmux create` makes one")
    return found
