"""What counts of a conversation whose lines may be written again, taken back or branch off. Pure.

Lines are replayed in the order in which they were written. Of several with one id the last counts.
Where lines name the one that they go on from, those count that lead to the last thing said; a
person who goes back and says something else leaves a branch behind.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from thrum.runtimes.contract import Move, Turn


class Step(NamedTuple):
    """A line of a transcript.

    Attributes:
        move: what it does to those before it.
        turns: what was said in it.
    """

    move: Move
    turns: tuple[Turn, ...] = ()


def told(steps: Iterable[Step], *, is_whole: bool = True) -> list[Turn]:
    """What was said and still counts, the oldest first.

    Args:
        steps: in the order in which they were written.
        is_whole: whether they begin where the conversation does. Then a line that goes on from one
            that is not there stands after one that got lost; else after one that is not needed.
    """
    kept = list(_replayed(steps))
    if any(each.move.after for each in kept):
        kept = _followed(kept, is_whole=is_whole)
    return [turn for each in kept for turn in each.turns]


def _replayed(steps: Iterable[Step]) -> Iterable[Step]:
    kept: dict[str | int, Step] = {}
    for number, step in enumerate(steps):
        if step.move.is_anew:
            kept.clear()
        if step.move.back_to:
            _take_back(kept, step.move.back_to)
        if step.move.users_back > 0:
            _take_back_prompts(kept, step.move.users_back)
        kept[step.move.id or number] = step
    return kept.values()


def _take_back(kept: dict[str | int, Step], id: str) -> None:
    """All from that id on; where it is not known, what it was stood before all that is."""
    keys = list(kept)
    for key in keys[keys.index(id) if id in kept else 0 :]:
        del kept[key]


def _take_back_prompts(kept: dict[str | int, Step], count: int) -> None:
    prompts = [key for key, each in kept.items() if any(t.who == "user" for t in each.turns)]
    keys = list(kept)
    for key in keys[keys.index(prompts[-count]) if count <= len(prompts) else 0 :]:
        del kept[key]


def _followed(steps: Sequence[Step], *, is_whole: bool) -> list[Step]:
    """Those that lead to the last thing said, the oldest first."""
    return list(_upwards(steps, is_whole=is_whole))[::-1]


def _upwards(steps: Sequence[Step], *, is_whole: bool) -> Iterator[Step]:
    places = {each.move.id: place for place, each in enumerate(steps) if each.move.id}
    place = _said_before(steps, len(steps))
    while place is not None:
        step = steps[place]
        yield step
        above = places.get(step.move.after, -1) if step.move.after else -1
        if 0 <= above < place:
            place = above
        elif step.move.after and not is_whole:
            return
        elif step.turns and step.move.id and not step.move.after:
            return  # it was said first; whatever stands before it was said first as well, before
        else:
            place = _said_before(steps, place)


def _said_before(steps: Sequence[Step], place: int) -> int | None:
    return next((each for each in range(place - 1, -1, -1) if steps[each].turns), None)
