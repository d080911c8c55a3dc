"""The floor of what has none of its own: an interpreter that does nothing."""

from __future__ import annotations

import subprocess
import sys
import time
from dataclasses import dataclass, replace
from typing import Final

from tests.bench.ages import resident_mb
from tests.bench.figure import Figure, median

TIMES: Final = 5
FLOOR: Final = "python -c pass"
_PER_SECOND: Final = {"ms": 1e3, "s": 1.0, "µs": 1e6}
_LASTING: Final = "import time; print(flush=True); time.sleep(60)"


@dataclass(frozen=True, slots=True)
class Yardstick:
    """What an interpreter took that does nothing: by the clock, and of memory."""

    seconds: float
    megabytes: float

    @classmethod
    def taken(cls) -> Yardstick:
        """As it is at this moment."""
        samples = []
        for _ in range(TIMES):
            begin = time.perf_counter()
            subprocess.run([sys.executable, "-c", "pass"], check=True)
            samples.append(time.perf_counter() - begin)
        return cls(median(samples), _bare_mb())

    def beside(self, figure: Figure) -> Figure:
        """The figure, with this for a floor where it depends on the machine and has no floor."""
        if figure.floor is not None or not figure.is_of_machine:
            return figure
        if figure.is_memory:
            return replace(figure, floor=self.megabytes, floor_name=FLOOR)
        times = _PER_SECOND.get(figure.unit)
        floor = self.seconds * times if times else 1 / self.seconds
        return replace(figure, floor=floor, floor_name=FLOOR)


def _bare_mb() -> float:
    """Megabytes of an interpreter that waits."""
    argv = [sys.executable, "-c", _LASTING]
    with subprocess.Popen(argv, stdout=subprocess.PIPE) as waiting:
        assert waiting.stdout
        waiting.stdout.readline()
        held = resident_mb(waiting.pid)
        waiting.kill()
    return held
