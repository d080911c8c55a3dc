"""How a figure grows over sizes, and whether faster than the logarithm of them."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Final

from tests.bench.figure import Figure

NOISE: Final = 1.25
"""Times a figure may come out larger without having grown: the machine has others to serve."""


@dataclass(frozen=True, slots=True)
class Row:
    """One figure at all its sizes, the smallest first."""

    figures: tuple[Figure, ...]

    @property
    def sizes(self) -> tuple[int, ...]:
        """How much of what grew there was."""
        return tuple(each.size for each in self.figures)

    @property
    def factor(self) -> float | None:
        """How many times as much for ten times the size, from the last size but one to the last."""
        if len(self.figures) < 2 or not self._told[-2]:
            return None
        step = self._told[-1] / self._told[-2]
        return step ** (1 / math.log10(self.sizes[-1] / self.sizes[-2]))

    @property
    def is_too_fast(self) -> bool:
        """Whether it grows faster than the logarithm, over all sizes or with the last step.

        Beside a floor that is the ratio's, for a machine that is busy makes both slower; unless
        the floor grows as well.
        """
        return _fast(self.sizes, self._told) or (
            _fast(self.sizes, [each.value for each in self.figures])
            and _fast(self.sizes, [each.floor or 0 for each in self.figures])
        )

    @property
    def may(self) -> str:
        """Why it may, or nothing."""
        return self.figures[0].may

    @property
    def _told(self) -> list[float]:
        ratios = [each.ratio for each in self.figures]
        if self.may or None in ratios:
            return [each.value for each in self.figures]
        return [ratio for ratio in ratios if ratio is not None]


def _fast(sizes: Sequence[int], values: Sequence[float]) -> bool:
    spans = [(0, len(sizes) - 1), (len(sizes) - 2, len(sizes) - 1)] if len(sizes) > 1 else []
    return any(
        values[last] > values[first] * NOISE * math.log1p(sizes[last]) / math.log1p(sizes[first])
        for first, last in spans
    )


def rows(figures: Iterable[Figure]) -> list[Row]:
    """Figures of several sizes by what they are of, in the order in which they came first."""
    given = [each for each in figures if each.axis]
    names = list(dict.fromkeys((each.axis, each.name) for each in given))
    found = sorted(given, key=lambda each: (names.index((each.axis, each.name)), each.size))
    return [
        Row(tuple(group)) for _, group in groupby(found, key=lambda each: (each.axis, each.name))
    ]
