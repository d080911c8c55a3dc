"""One measured figure, its floor from the same run, and its aim."""

from __future__ import annotations

import json
import os
import platform
import statistics
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Figure:
    """A value with its unit; `floor` is the cheapest thing that could do the same."""

    name: str
    value: float
    unit: str
    floor: float | None = None
    floor_name: str = ""
    aim: str = ""
    met: bool | None = None

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
    """All figures as aligned text."""
    rows = [("figure", "value", "unit", "floor", "×", "aim", "", "floor is")]
    for f in figures:
        verdict = "" if f.met is None else "met" if f.met else "MISSED"
        rows.append(
            (
                f.name,
                number(f.value),
                f.unit,
                number(f.floor),
                number(f.ratio),
                f.aim,
                verdict,
                f.floor_name,
            )
        )
    widths = [max(len(row[i]) for row in rows) for i in range(8)]
    return "\n".join(
        "  ".join(
            cell.rjust(w) if i in {1, 3, 4} else cell.ljust(w)
            for i, (cell, w) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    )


def write_json(figures: Sequence[Figure], path: Path) -> None:
    """The figures and the machine they were taken on."""
    machine = {
        "cores": os.cpu_count(),
        "system": platform.platform(),
        "python": platform.python_version(),
    }
    rows = [asdict(f) | {"ratio": f.ratio} for f in figures]
    path.write_text(json.dumps({"machine": machine, "figures": rows}, indent=2) + "\n")
