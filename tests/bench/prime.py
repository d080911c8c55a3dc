"""What the beginning of a session costs: a process, and characters that a model reads."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from tests.bench.figure import Figure, median
from tests.bench.place import THRUM, Place
from tests.bench.processes import once
from thrum.prime import page
from thrum.roles import shipped

ROUNDS = 9
TEXT = 1_500


def figures(place: Place, clone: Path) -> Iterator[Figure]:
    """Prime and the status bar as whole processes, and how long their texts are."""
    for name, aim in (("prime", 12), ("statusline", 8)):
        floor, samples = [], []
        for _ in range(ROUNDS):
            floor.append(once([sys.executable, "-c", "pass"], clone, place.environment))
            samples.append(once([THRUM, name], clone, place.environment))
        times = median(samples) / median(floor)
        yield Figure(
            f"thrum {name}",
            median(samples),
            "ms",
            median(floor),
            "python -c pass",
            f"≤ {aim}×",
            times <= aim,
        )
    said = subprocess.run(
        [THRUM, "prime"], cwd=clone, env=place.environment, check=True, capture_output=True
    )
    size = len(said.stdout.decode())
    yield Figure("prime, characters", size, "", aim=f"≤ {page.MOST}", met=size <= page.MOST)
    longest = max(len(shipped.read(each).text) for each in shipped.NAMES)
    yield Figure("longest role text", longest, "characters", aim=f"≤ {TEXT}", met=longest <= TEXT)
