"""Words close to a mistyped one."""

from __future__ import annotations

from collections.abc import Iterable


def close(word: str, known: Iterable[str]) -> list[str]:
    """Those that start with the word, or are at most two edits away; the closest first.

    Two edits make any short word of any other, so half of its letters at most may differ.
    """
    most = min(2, len(word.lstrip("-")) // 2)
    scored = [(_score(word, each), each) for each in known]
    return [each for score, each in sorted(scored) if score <= most]


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """A sentence for the end of a refusal; empty when nothing is close."""
    found = close(word, known)[:3]
    return f"did you mean {' or '.join(found)}?" if found else ""


def _score(word: str, other: str) -> int:
    bare, target = word.lstrip("-"), other.lstrip("-")
    if bare and target.startswith(bare.lower()):
        return 0
    return _distance(bare.lower(), target)


def _distance(left: str, right: str) -> int:
    """How many letters are missing, too many, wrong, or swapped with their neighbour."""
    before: list[int] = []
    row = list(range(len(right) + 1))
    for i, a in enumerate(left, 1):
        last, row = row, [i]
        for j, b in enumerate(right, 1):
            least = min(last[j] + 1, row[j - 1] + 1, last[j - 1] + (a != b))
            if i > 1 and j > 1 and a == right[j - 2] and left[i - 2] == b:
                least = min(least, before[j - 2] + 1)
            row.append(least)
        before = last
    return row[-1]
