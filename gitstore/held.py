"""Lines that the remote refuses: acknowledged, kept beside the branch, and offered again.

They stand in a journal of their own, so a commit of the branch never holds them and everything else
can go out. Whoever reads the log gets them as it gets the lines of the journal.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from msgspec import Struct, field

from gitstore.disk import Disk
from gitstore.journal import Journal


class HeldBack(NamedTuple):
    """A line that the remote refuses.

    Attributes:
        shard: the shard, or the file of it, that the line is bound for.
        raw: its bytes.
        words: why, as the server said it; empty if it was not asked since the opening.
    """

    shard: str
    raw: bytes
    words: str


class Held(Struct, dict=True):
    """The lines of one log.

    Args:
        path: the file; there is none as long as nothing was refused.
        disk: the disk calls.
        new_generation: gives a token that was never used for this file.
        words: why each line is refused, as far as that is known.
    """

    path: Path
    disk: Disk
    new_generation: Callable[[], str]
    words: dict[bytes, str] = field(default_factory=dict)
    _journal: Journal | None = None

    def __post_init__(self) -> None:
        if self.path.exists():
            self._journal = Journal.open(self.path, self.disk, self.new_generation)

    def lines(self) -> Iterator[tuple[str, bytes]]:
        """Shard and bytes of each line."""
        for record in self._journal.records if self._journal else ():
            yield from record.batch

    def told(self) -> tuple[HeldBack, ...]:
        """Each line with the reason that is known. Any thread."""
        return tuple(HeldBack(path, raw, self.words.get(raw, "")) for path, raw in self.lines())

    def __contains__(self, raw: object) -> bool:
        return any(raw == each for _, each in self.lines())

    def keep(self, refused: Sequence[HeldBack]) -> None:
        """Returns when the lines are durable here; those that are here already get a new reason.

        Raises:
            JournalError: the disk refuses.
        """
        self.words |= {each.raw: each.words for each in refused}
        fresh = [[(each.shard, each.raw)] for each in refused if each.raw not in self]
        if not fresh:
            return
        if self._journal is None:
            self._journal = Journal.open(self.path, self.disk, self.new_generation)
        self._journal.append(fresh)

    def drop(self, is_gone: Callable[[bytes], bool]) -> None:
        """Forgets the lines of which that is true.

        Raises:
            JournalError: the disk refuses.
        """
        if self._journal is not None:
            self._journal.drop(is_gone)
        self.words = {raw: words for raw, words in self.words.items() if not is_gone(raw)}

    def close(self) -> None:
        """Gives the file back."""
        if self._journal is not None:
            self._journal.close()
