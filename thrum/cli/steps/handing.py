"""Handing what an agent is told over to whoever reads it, so that nothing is used up unread."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from thrum.cli.context import Context
from thrum.cli.steps.priming import Gathered
from thrum.snapshots import shelf


@contextmanager
def over(context: Context, found: Gathered, *, is_shown: bool) -> Iterator[None]:
    """Around the writing: what the session before left counts as shown only when it got out.

    It stays for the next one where this is nobody whom the daemon knows, where nobody can read what
    is written, and where writing fails; and until the agent has acted.

    Args:
        context: what is written to.
        found: what is told.
        is_shown: whether what is written holds the session before.
    """
    said = found.facts.snapshot
    if not (said and is_shown and found.is_bound and _has_reader(context.stdout)):
        yield
        return
    with shelf.of(context.place.local, found.agent).shown(said):
        yield
        context.stdout.flush()


def _has_reader(stream: TextIO) -> bool:
    """Whether the stream is anything but the null device."""
    try:
        number = os.fstat(stream.fileno()).st_rdev
    except (OSError, ValueError):
        return True  # it is none of the system's, such as a text in memory
    return number != Path(os.devnull).stat().st_rdev
