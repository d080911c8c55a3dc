"""One measured figure, its floor from the same run, and its aim."""

from __future__ import annotations

import json
import os
import platform
import statistics
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Final

OF_MACHINE: Final = {"ms", "s", "µs", "1/s", "rows/s"}
"""Units of what is quicker on a quicker machine."""


@dataclass(frozen=True, slots=True)
class Figure:
    """A value with its unit, beside what the machine could do at that moment.

    Attributes:
        name: what was measured.
        value, unit: how much of what. Of what depends on the machine, see `is_of_machine`, the
            ratio to the floor is told and the value only says what it is of.
        floor, floor_name: the cheapest thing that could do the same, in the same run.
        aim, met: what it should be, and whether it is.
        axis, size: of one that is measured at several sizes: what grew, and how much of it there
            was.
        may: why it may grow faster than the logarithm of the size, if it may.
    """

    name: str
    value: float
    unit: str
    floor: float | None = None
    floor_name: str = ""
    aim: str = ""
    met: bool | None = None
    axis: str = ""
    size: int = 0
    may: str = ""

    @property
    def is_of_machine(self) -> bool:
        """Whether another machine would have another value; otherwise it counts something."""
        return self.unit in OF_MACHINE or self.is_memory

    @property
    def is_memory(self) -> bool:
        """Whether it is what a process has in memory."""
        return self.name.startswith("memory")

    @property
    def ratio(self) -> float | None:
        """How many times the floor, where there is one."""
        return self.value / self.floor if self.floor else None


def quantile(samples: Sequence[float], q: float) -> float:
    """The q-quantile (0 ≤ q < 1) of the samples."""
    return sorted(samples)[int(len(samples) * q)]


def median(samples: Sequence[float]) -> float:
    """The middle of the samples."""
    return statistics.median(samples)


def number(value: float | None) -> str:
    """Three significant digits, or nothing."""
    if value is None:
        return ""
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def as_table(figures: Sequence[Figure]) -> str:
    """All figures as aligned text: ratios, and what is counted; no time of this machine."""
    rows = [("figure", "× floor", "counted", "unit", "aim", "", "floor is")]
    for f in figures:
        verdict = "" if f.met is None else "met" if f.met else "MISSED"
        counted = ("", "") if f.is_of_machine else (number(f.value), f.unit)
        at = f"{f.name}, {f.size:,} {f.axis}" if f.axis else f.name
        rows.append((at, number(f.ratio), *counted, f.aim, verdict, f.floor_name))
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    return "\n".join(
        "  ".join(
            cell.rjust(w) if i in {1, 2} else cell.ljust(w)
            for i, (cell, w) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    )


@dataclass
class Sections:
    """The figures of one run, by the bench that took them.

    Args:
        quick: whether histories were a tenth as long.
    """

    quick: bool
    figures: dict[str, list[Figure]] = field(default_factory=dict)
    taken: dict[str, dict[str, object]] = field(default_factory=dict)

    def add(self, bench: str, figure: Figure) -> None:
        """One more; the load is that of its end."""
        self.figures.setdefault(bench, []).append(figure)
        at = time.strftime("%Y-%m-%d", time.gmtime())
        self.taken[bench] = {"at": at, "load": os.getloadavg()[0], "quick": self.quick}

    def all(self) -> list[Figure]:
        """Those of all benches."""
        return [each for found in self.figures.values() for each in found]

    def write(self, path: Path) -> None:
        """All of them, and the machine they were taken on."""
        machine = {
            "cores": os.cpu_count(),
            "system": f"{platform.system()} {platform.machine()}",
            "python": platform.python_version(),
        }
        told = {
            bench: [asdict(each) | {"ratio": each.ratio} for each in found]
            for bench, found in self.figures.items()
        }
        whole = {"machine": machine, "taken": self.taken, "figures": told}
        path.write_text(json.dumps(whole, indent=2) + "\n")
