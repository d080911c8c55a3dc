"""Whole processes of the command line beside the bare interpreter."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from tests.bench.figure import Figure, median
from tests.bench.place import THRUM, Place

ROUNDS: Final = 15

EVERYDAY: Final = 2.0
"""Times the bare interpreter that a command may take which agents and hooks run all day."""

HELP: Final = 1.5
"""The same, of what only says something of the program."""

OTHERWISE: Final = 8.0
"""The same, of what is run now and then, and where it is typed."""


def once(
    argv: Sequence[str], cwd: Path, environment: dict[str, str], said: str | None = None
) -> float:
    """Milliseconds of one whole process, which is told something on its standard input."""
    start = time.perf_counter()
    subprocess.run(
        argv, cwd=cwd, env=environment, check=True, capture_output=True, input=said, text=True
    )
    return (time.perf_counter() - start) * 1000


def commands(first: str) -> dict[tuple[str, ...], float]:
    """The words of each command, and times of the bare interpreter that it may take.

    Args:
        first: the id of a message that may be answered.
    """
    everyday = [
        ("wait",),  # the first, as long as something is unread
        ("send", "hello", "--to", "@bob"),
        ("inbox",),
        ("reply", first, "hello again"),
        ("team",),
        ("whoami",),
        ("status",),
        ("hook", "PostToolBatch", "--runtime", "claude"),
    ]
    return {
        **dict.fromkeys(everyday, EVERYDAY),
        **dict.fromkeys([("--help",), ("--version",)], HELP),
        ("setup", "status"): OTHERWISE,
    }


def sent(place: Place, beside: Path) -> str:
    """The id of a message that bob sends to alice."""
    told = json.loads(place.thrum("send", "hello", "--to", "@alice", "--json", cwd=beside))
    return str(told["message_id"])


def figures(place: Place, clone: Path, beside: Path) -> Iterator[Figure]:
    """Each command in turn with the floor, so that both see the same machine."""
    first = sent(place, beside)
    for words, aim in commands(first).items():
        told = json.dumps({"session_id": "s1"}) if words[0] == "hook" else None
        floor, samples = [], []
        for _ in range(ROUNDS):
            floor.append(once([sys.executable, "-c", "pass"], clone, place.environment))
            samples.append(once([THRUM, *words], clone, place.environment, told))
        ratio = median(samples) / median(floor)
        named = words[:2] if words[0] == "setup" else words[:1]
        yield Figure(
            f"thrum {' '.join(named)}",
            median(samples),
            "ms",
            median(floor),
            "python -c pass",
            f"≤ {aim:g}×",
            ratio <= aim,
        )
