"""What was said in a transcript, read from its end as far as it is needed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from thrum.runtimes.contract import Adapter, Turn
from thrum.snapshots import backwards, injected
from thrum.snapshots.branch import Step, told

FURTHEST: Final = 64 * 1024 * 1024
"""Bytes from the end of a transcript that are looked at."""

_FIRST_LOOK: Final = 512 * 1024


def read(
    path: Path, adapter: Adapter, lines: int, furthest: int = FURTHEST
) -> tuple[list[Turn], bool]:
    """What person and model said, the oldest first, and whether the beginning is among it.

    More is read until so many lines were said, for what was taken back counts for nothing.

    Args:
        path: the transcript.
        adapter: the runtime that writes it.
        lines: how many lines of text are wanted at least.
        furthest: bytes from its end that are looked at.

    Raises:
        OSError: it cannot be read.
    """
    steps: list[Step] = []  # the last one first
    size, look = path.stat().st_size, _FIRST_LOOK
    for line in backwards.lines(path):
        steps += reversed(list(_steps(line.data, adapter)))
        done = size - line.start
        if done >= furthest:
            break
        if done >= look:
            look = done * 2
            found = _cleaned(told(reversed(steps), is_whole=False))
            if sum(each.text.count("\n") + 1 for each in found) >= lines:
                return found, False
    else:
        return _cleaned(told(reversed(steps))), True
    return _cleaned(told(reversed(steps))), False


def _steps(data: bytes, adapter: Adapter) -> Iterator[Step]:
    """The records of a line; none for one that is damaged, or that does and says nothing."""
    try:
        found = json.loads(data) if data else None
    except (ValueError, RecursionError):
        return
    if isinstance(found, dict):
        for record in adapter.records(found):
            step = Step(adapter.moves(record), tuple(adapter.turns(record)))
            if step.turns or any(step.move):
                yield step


def _cleaned(turns: list[Turn]) -> list[Turn]:
    """Without what nobody typed, and without what says nothing."""
    found = []
    for turn in turns:
        text = injected.removed(turn.text) if turn.who == "user" else turn.text.strip()
        if text:
            found.append(turn._replace(text=text))
    return found
