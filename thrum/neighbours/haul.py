"""What was found with a neighbour, and what was not believed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final

from thrum.daemon.quiet import quiet
from thrum.migration import landing
from thrum.migration.known import Known
from thrum.neighbours.post import Post
from thrum.paths import Place

MOST_REASONS: Final = 20
LONGEST_LINE: Final = 4_000_000
"""Bytes of a line that older programs read, with room to spare."""

_LONGEST: Final = 200


@dataclass(slots=True)
class Haul:
    """What is to come in.

    Attributes:
        posts: each once, by its key.
        refused: how many things were not believed.
        reasons: which those are, and why: the first of them.
    """

    posts: dict[str, Post] = field(default_factory=dict)
    refused: int = 0
    reasons: list[str] = field(default_factory=list)

    def add(self, post: Post) -> None:
        """Takes one in.

        Raises:
            ValueError: one of that key is there, or it is longer than a line of the log may be.
        """
        if len(post.line()[1]) > LONGEST_LINE:
            raise ValueError(f"all that is said of it has over {LONGEST_LINE:,} bytes")
        key = f"{post.place}\0{post.key}"
        if key in self.posts:
            raise ValueError("its id stands there twice")
        self.posts[key] = post

    @contextmanager
    def judging(self, what: str) -> Iterator[None]:
        """What is wrong with one thing keeps back nothing else."""
        try:
            yield
        except (ValueError, TypeError, OSError) as error:
            self.refuse(what, str(error))

    def refuse(self, what: str, why: str) -> None:
        """Counts one thing that is not believed."""
        self.refused += 1
        if len(self.reasons) < MOST_REASONS:
            self.reasons.append(f"{what}: {why}"[:_LONGEST])


@dataclass(frozen=True, slots=True)
class Landed:
    """What came in.

    Attributes:
        messages: how many that are new.
        threads: of how many threads.
        known: how many were here.
    """

    messages: int
    threads: int
    known: int


def land(
    haul: Haul, place: Place, environment: Mapping[str, str], *, dry_run: bool = False
) -> Landed:
    """Writes what is new to the log; a daemon that runs is stopped, and started again.

    Args:
        haul: what was found.
        place: where to.
        environment: git's and the daemon's.
        dry_run: whether it is only counted.

    Raises:
        ThrumError: as `quiet` and `landing.land`.
    """
    new = _new(haul, place)
    if dry_run or not new:
        return _counted(haul, new)
    with quiet(place, environment):
        new = _new(haul, place)  # others may have brought some in meanwhile
        landing.land(place, environment, [post.line() for post in new], "import messages")
    return _counted(haul, new)


def _new(haul: Haul, place: Place) -> list[Post]:
    known = Known.of(landing.held(place)).event_ids if haul.posts else set()
    return [post for post in haul.posts.values() if post.event_id not in known]


def _counted(haul: Haul, new: list[Post]) -> Landed:
    threads = {(post.place, post.thread) for post in new}
    return Landed(len(new), len(threads), len(haul.posts) - len(new))
