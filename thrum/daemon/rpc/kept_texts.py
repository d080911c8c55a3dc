"""What agents of this clone keep in files, for whoever searches: contexts and snapshots.

They are few, so they are read and held against what is asked for; a file that has not changed is
not read again. Anybody may have put anything there: no link is followed, and what cannot be read is
not found.
"""

from __future__ import annotations

import os
import stat
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, NamedTuple

from thrum import small_file
from thrum.contexts import FOLDER as CONTEXTS
from thrum.contexts import LARGEST
from thrum.daemon.projection.search import about
from thrum.daemon.projection.search.query import Kind
from thrum.daemon.projection.search.scan import Scanned
from thrum.errors import ThrumError
from thrum.names import shard_stem
from thrum.paths import NAME
from thrum.snapshots.shown import CONSUMED
from thrum.snapshots.shown import FOLDER as SNAPSHOTS

MOST: Final = 2000
"""Files that are looked at; those of more are not found."""

KEPT: Final = 2_097_152
"""Characters of texts that are kept, about."""


class KeptText(NamedTuple):
    """A context or a snapshot.

    Attributes:
        kind: which of the two.
        agent_id: whose it is.
        written_ns: when it was written, in nanoseconds since 1970.
    """

    kind: Kind
    agent_id: str
    written_ns: int
    scanned: Scanned


@dataclass(slots=True)
class KeptTexts:
    """The files that were read, with their words."""

    _read: OrderedDict[tuple[str, int, int, int], Scanned] = field(default_factory=OrderedDict)
    _size: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def of(
        self, roots: Iterable[Path], agents: Iterable[str], wanted: Callable[[Kind, str], bool]
    ) -> Iterator[KeptText]:
        """Contexts and snapshots of the agents in these worktrees; of equal ones the newest.

        Belongs to no thread, and reads files: none of a kind and an agent that is not wanted.
        """
        by_stem = dict(_stems(agents))
        newest: dict[tuple[Kind, str, str], KeptText] = {}
        count = 0
        for path, kind, stem in _files(roots):
            count += 1
            agent = by_stem.get(stem)
            if agent is None or count > MOST or not wanted(kind, agent):
                continue
            found = self._text(path, kind, agent)
            if found is None:
                continue
            same = (found.kind, found.agent_id, found.scanned.text)
            if same not in newest or newest[same].written_ns < found.written_ns:
                newest[same] = found
        yield from newest.values()

    def _text(self, path: Path, kind: Kind, agent_id: str) -> KeptText | None:
        try:
            state = path.lstat()
            if not stat.S_ISREG(state.st_mode) or state.st_size > LARGEST:
                return None
            scanned = self._scanned(path, state, agent_id)
        except (OSError, ValueError):
            return None  # it went, or is no text
        return KeptText(kind, agent_id, state.st_mtime_ns, scanned)

    def _scanned(self, path: Path, state: os.stat_result, agent_id: str) -> Scanned:
        key = (str(path), state.st_ino, state.st_mtime_ns, state.st_size)
        with self._lock:
            known = self._read.get(key)
            if known is not None:
                self._read.move_to_end(key)
                return known
        text = small_file.data(path, most=LARGEST, follows=False).decode()
        scanned = Scanned(text, frozenset((about.ANY, about.by(agent_id))))
        with self._lock:
            if key not in self._read:  # else another search has read it meanwhile
                self._read[key] = scanned
                self._size += len(text)
            while self._size > KEPT and len(self._read) > 1:
                self._size -= len(self._read.popitem(last=False)[1].text)
        return scanned


def _stems(agents: Iterable[str]) -> Iterator[tuple[str, str]]:
    for agent in agents:
        with suppress(ThrumError):  # a name that can be no file's
            yield shard_stem(agent), agent


def _files(roots: Iterable[Path]) -> Iterator[tuple[Path, Kind, str]]:
    """Files that may be one, each with what it would be and the name of its agent in files."""
    for root in roots:
        local = root / NAME
        for path in _plain(local / CONTEXTS):
            yield path, "context", path.name.removesuffix(".md")
        for path in _plain(local / SNAPSHOTS):
            if path.is_dir():
                for old in _plain(path):
                    yield old, "snapshot", path.name
            else:
                yield path, "snapshot", path.name.removesuffix(CONSUMED).removesuffix(".md")


def _plain(folder: Path) -> list[Path]:
    """What lies in a folder that is no link, by name."""
    with suppress(OSError):
        if not folder.is_symlink():
            return sorted(folder.iterdir())
    return []
