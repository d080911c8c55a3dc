"""Words close to a mistyped one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence


def close(word: str, known: Iterable[str], most: int = 2) -> list[str]:
    """Those that start with the word, or are few edits away; the closest first.

    Two edits make any short word of any other, so half of its letters at most may differ.

    Args:
        word: as it was written.
        known: in small letters.
        most: edits that count as near.
    """
    bare = word.lstrip("-").lower()
    most, letters = min(most, len(bare) // 2), set(bare)
    # An edit takes one letter away at most, which spares counting them in what is far, such as a
    # word of a megabyte.
    likely = (
        each
        for each in known
        if len(bare) <= len(each) + most and len(letters.difference(each)) <= most
    )
    scored = [(_score(word, each), each) for each in likely]
    return [each for score, each in sorted(scored) if score <= most]


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """A sentence for the end of a refusal; empty when nothing is close."""
    return question(close(word, known))


def question(found: Sequence[str]) -> str:
    """The sentence that offers the first three; empty when there is none."""
    return f"did you mean {' or '.join(found[:3])}?" if found else ""


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
