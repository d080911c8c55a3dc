"""What is kept of a session that ends, or will: the last of what was said, for the one after it."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

from thrum.errors import ThrumError
from thrum.identity import files
from thrum.identity.files import Identity
from thrum.runtime_names import canonical
from thrum.runtimes.contract import Scope, Where
from thrum.snapshots import saving, seeking, shelf
from thrum.snapshots.seeking import Transcript
from thrum.snapshots.shelf import Shelf

if TYPE_CHECKING:
    from thrum.daemon.node import Node

logger = logging.getLogger(__name__)

LINES_KEY: Final = "restart.max_lines"


def of(identity: Identity) -> Shelf:
    """What is kept for an agent, in its own worktree.

    Raises:
        ThrumError: ``invalid_params``, it has no name that a file may have.
    """
    return shelf.of(identity.home / ".thrum", identity.name)


def lines(mine: Shelf) -> int:
    """How many lines the session after it will be shown; 0 if none."""
    try:
        text = mine.text()
    except (OSError, ValueError):
        return 0
    return text.count("\n") if text.strip() else 0


def save(
    node: Node, mine: Shelf, agent: str, reason: str, find: Callable[[], Transcript | None]
) -> int:
    """Saves what was said, unless the agent wrote down what is left to do; how many lines the
    session after it will be shown.

    Args:
        node: the parts of the daemon.
        mine: where.
        agent: whose.
        reason: why.
        find: finds the transcript; None where nobody knows it.
    """
    now = datetime.fromtimestamp(node.now_ns() / 1e9, UTC).astimezone()
    most = int(node.config.get(LINES_KEY))
    try:
        if saving.holds_plan(mine):
            return lines(mine)
        found = find()
        if found is not None:
            saving.save(mine, [found], agent, reason, now, most=most)
    except (OSError, ValueError, ThrumError) as error:
        logger.warning("what the session of %s said is not saved: %s", agent, error)
        return 0
    return lines(mine)


def transcript(node: Node, identity: Identity) -> Transcript | None:
    """The transcript of an agent's session, as far as anything says where it is.

    Raises:
        OSError: its folders cannot be read.
    """
    home = Path(node.setting.environment.get("HOME", "/"))
    where = Where(Scope.USER, identity.home, home, node.setting.environment, Path("/"))
    here = [each for each in files.read_all(identity.path.parent) if each.is_native]
    runtime = canonical(identity.runtime or identity.preferred_runtime)
    told = of(identity).told()
    return seeking.find(where, told, identity.agent_pid, runtime, is_alone=len(here) == 1)
