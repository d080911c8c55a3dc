"""Saving what an agent's session said, for the one that goes on with its work."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from thrum import config
from thrum.cli.context import Context
from thrum.identity.files import Identity
from thrum.runtimes.contract import Adapter, Event, Scope, Where
from thrum.snapshots import layout, saving, seeking, shelf
from thrum.snapshots.conversation import FURTHEST
from thrum.snapshots.saving import Saved
from thrum.snapshots.seeking import Transcript

COMPACTS_S: Final = 3.0
"""Seconds that a hook may take before a compaction, which itself takes longer."""

_FURTHEST: Final = 16 * 1024 * 1024
"""Bytes from the end of a transcript that a hook looks at."""


def save(
    context: Context,
    agent: str,
    transcripts: list[Transcript],
    reason: str,
    *,
    furthest: int = FURTHEST,
) -> Saved | None:
    """Saves what the first of the transcripts says that says anything; None if none does.

    Raises:
        OSError: a transcript cannot be read.
        ThrumError: as `config.load` and `saving.save`.
    """
    most = int(config.load(context.place.config, context.env).get("restart.max_lines"))
    now = datetime.fromtimestamp(context.now_ns() / 1e9, UTC).astimezone()
    kept = shelf.of(context.place.local, agent)
    return saving.save(kept, transcripts, agent, reason, now, most=most, furthest=furthest)


def found(context: Context, agent: str) -> Transcript | None:
    """The transcript of the agent's session, as far as anybody says where it is.

    Raises:
        ThrumError: as `Context.evidence`.
    """
    here = context.evidence.here
    mine = next((each for each in here if each.name == agent), None)
    return seeking.find(
        where(context),
        shelf.of(context.place.local, agent).told(),
        mine.agent_pid if mine else 0,
        runtime(context, mine),
        is_alone=len(here) == 1,
    )


def runtime(context: Context, mine: Identity | None) -> str:
    """The runtime that the agent works in, by its name; empty if nobody knows it."""
    from thrum.identity import process
    from thrum.runtime_names import canonical

    under = process.runtime_name(context.program) if context.program else ""
    said = (mine.runtime or mine.preferred_runtime) if mine else ""
    return canonical(said or under)


def where(context: Context) -> Where:
    """The person's home, and the worktree."""
    home = Path(context.env.get("HOME", "/"))
    root = context.toplevel or context.place.root
    return Where(Scope.USER, root, home, context.env, Path("/"))


def before_compaction(context: Context, adapter: Adapter, event: Event) -> None:
    """Saves what a session has said that will soon remember less of it.

    What its agent wrote down itself is better, and stays.

    Raises:
        OSError, ThrumError: as `save`.
    """
    if not adapter.has_transcripts:
        return
    agent = context.speaker.agent_id
    kept = shelf.of(context.place.local, agent)
    with suppress(OSError, ValueError):  # what cannot be read is no plan
        if saving.holds_plan(kept):
            return
    context.prolong(COMPACTS_S)
    about = {"runtime": adapter.name, "session": event.session, "transcript": event.transcript}
    transcript = seeking.of_session(
        where(context), about | ({"cwd": event.cwd} if event.cwd else {})
    )
    if transcript is not None:  # else nothing was said yet
        save(context, agent, [transcript], layout.COMPACTION, furthest=_FURTHEST)
