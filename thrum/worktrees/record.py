"""What is being done to a worktree, noted before it is done, so that nobody who is killed leaves a
half that nobody knows of: the next one finishes it or takes it back.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any, Final, Literal

from thrum import atomic, small_file
from thrum.paths import PRIVATE_DIRECTORY, Place

_FILE: Final = "unfinished.json"
_PATIENCE_S: Final = 30.0
"""Seconds to wait for somebody who does something to the same worktree."""

Doing = Literal["create", "teardown"]


@dataclass(frozen=True, slots=True)
class Record:
    """What somebody began.

    Attributes:
        doing: what.
        path: the worktree.
        branch: its branch; empty for none.
        commit: where a branch that is made begins, and one that goes stood when it was looked at.
        made: whether the worktree is made by this.
        made_branch: whether the branch is.
        above: the topmost folder that was not there before; empty if all were.
        whole: whether git had ended with it.
        agents: whom its end deletes.
        deletes_branch: whether its end takes the branch along.
        keeps_agents: whether its end forgets nobody.
    """

    doing: Doing
    path: str
    branch: str = ""
    commit: str = ""
    made: bool = False
    made_branch: bool = False
    above: str = ""
    whole: bool = False
    agents: list[str] = field(default_factory=list)
    deletes_branch: bool = False
    keeps_agents: bool = False


@dataclass(frozen=True, slots=True)
class Records:
    """The records of a repository: a folder for each worktree's name.

    Attributes:
        folder: below what the daemon writes.
    """

    folder: Path

    @classmethod
    def of(cls, place: Place) -> Records:
        """Those of the repository that a place belongs to."""
        return cls(place.var / "worktrees")

    @contextmanager
    def held(self, name: str) -> Iterator[None]:
        """Keeps others from the worktree of that name meanwhile.

        Raises:
            ThrumError: ``busy``, somebody else is at it for longer than half a minute.
            OSError: the disk refuses.
        """
        # The folder stays: were it removed, two could hold a lock on two of one name.
        place = self.folder / name
        for folder in (self.folder, place):
            folder.mkdir(mode=PRIVATE_DIRECTORY, parents=True, exist_ok=True)
        with atomic.locked(place, patience=_PATIENCE_S):
            yield

    def read(self, name: str) -> Record | None:
        """What was begun and not ended; None if nothing, or if nobody can read it any more."""
        try:
            return _record(small_file.json_object(self.folder / name / _FILE))
        except (OSError, ValueError):
            return None

    def write(self, name: str, record: Record) -> None:
        """Notes it durably.

        Raises:
            OSError: the disk refuses.
        """
        atomic.replace(self.folder / name / _FILE, json.dumps(asdict(record), indent=1) + "\n")

    def clear(self, name: str) -> None:
        """It is ended."""
        (self.folder / name / _FILE).unlink(missing_ok=True)

    def all(self) -> dict[str, Record]:
        """Everything that was begun and not ended, by the worktree's name."""
        names = sorted(each.name for each in self.folder.iterdir()) if self.folder.is_dir() else ()
        found = ((name, self.read(name)) for name in names)
        return {name: record for name, record in found if record}


def _record(found: Mapping[str, Any]) -> Record:
    """The record that a file holds.

    Raises:
        ValueError: it holds none.
    """
    known = {each.name: found[each.name] for each in fields(Record) if each.name in found}
    if known.get("doing") not in {"create", "teardown"} or not isinstance(known.get("path"), str):
        raise ValueError("no record of a worktree")
    return Record(**known)
