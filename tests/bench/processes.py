"""Whole processes of the command line beside the bare interpreter."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from tests.bench.figure import Figure, median
from tests.bench.place import THRUM, Place

ROUNDS = 15


def once(argv: Sequence[str], cwd: Path, environment: dict[str, str]) -> float:
    """Milliseconds of one whole process."""
    start = time.perf_counter()
    subprocess.run(argv, cwd=cwd, env=environment, check=True, capture_output=True)
    return (time.perf_counter() - start) * 1000


def figures(place: Place, clone: Path) -> Iterator[Figure]:
    """Each command in turn with the floor, so that both see the same machine."""
    commands = {
        "thrum send": [THRUM, "send", "hello", "--to", "@bob"],
        "thrum inbox": [THRUM, "inbox"],
        "thrum --help": [THRUM, "--help"],
        "thrum setup status": [THRUM, "setup", "status"],
    }
    for name, argv in commands.items():
        floor, samples = [], []
        for _ in range(ROUNDS):
            floor.append(once([sys.executable, "-c", "pass"], clone, place.environment))
            samples.append(once(argv, clone, place.environment))
        ratio = median(samples) / median(floor)
        yield Figure(
            name,
            median(samples),
            "ms",
            median(floor),
            "python -c pass",
            "≤ 8×",
            ratio <= 8,
        )
