"""Saving a snapshot: what was said in a transcript, put where the next session finds it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from thrum.errors import ThrumError
from thrum.snapshots import conversation, layout
from thrum.snapshots.conversation import FURTHEST
from thrum.snapshots.layout import Heading
from thrum.snapshots.seeking import Transcript
from thrum.snapshots.shelf import Shelf


class Saved(NamedTuple):
    """A snapshot that was saved.

    Attributes:
        path: the file.
        lines: how many lines it has.
        turns: how many turns of the conversation were read.
        transcript: what was read.
    """

    path: Path
    lines: int
    turns: int
    transcript: Transcript


def save(
    shelf: Shelf,
    transcripts: Iterable[Transcript],
    agent: str,
    reason: str,
    now: datetime,
    *,
    most: int,
    furthest: int = FURTHEST,
) -> Saved | None:
    """Saves what the first of the transcripts says that says anything; None if none does.

    Args:
        shelf: where it is put.
        transcripts: what may be read.
        agent: whose snapshot it is.
        reason: why it is saved.
        now: when, with its zone.
        most: lines of the conversation that are kept.
        furthest: bytes from the end of a transcript that are looked at.

    Raises:
        OSError: the transcript cannot be read.
        ThrumError: ``storage``, the disk refuses; ``not_allowed``, as `Shelf.save`.
    """
    for each in transcripts:
        turns, is_whole = conversation.read(each.path, each.adapter, most, furthest)
        if turns:
            heading = Heading(agent, each.session, now, reason)
            text = layout.compose(heading, turns, most, is_whole=is_whole)
            _put(shelf, text)
            return Saved(shelf.path, text.count("\n"), len(turns), each)
    return None


def _put(shelf: Shelf, text: str) -> None:
    """Has the text be shown next; the transcript is not to blame where that cannot be.

    Raises:
        ThrumError: as `save`.
    """
    try:
        shelf.save(text)
    except OSError as error:
        what = f"{shelf.path} cannot be written: {error.strerror or error}"
        raise ThrumError("storage", what, "make room or mend the disk, then save again") from error


def holds_plan(shelf: Shelf) -> bool:
    """Whether what is to be shown was written by the agent, who says there what is left to do.

    Raises:
        OSError, ValueError: as `Shelf.text`.
    """
    return shelf.path.exists() and layout.PLAN in shelf.text().splitlines()
