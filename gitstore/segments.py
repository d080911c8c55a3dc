"""The files of the shards: each grows until it is full and the next one goes on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pygit2
from msgspec import Struct, field

from gitstore.format import Format
from gitstore.line import Reader, normal, split
from gitstore.merge import Folders
from gitstore.objects import Objects
from gitstore.tree import overlay


class Segments(Struct, dict=True):
    """Adds lines to the open file of each shard.

    Args:
        objects: where files are read and written.
        format: how files are named and when one is full.
        unsure: lines that are added may be in the branch already, after a crash or after a trim of
            the journal that failed. Then every file of a shard is searched for them.
    """

    objects: Objects
    format: Format
    unsure: bool
    _last: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.reader = Reader(self.format)

    def added_to(
        self, tree: pygit2.Oid, shards: Mapping[str, list[bytes]]
    ) -> tuple[pygit2.Oid, int]:
        """The tree with the lines added to their shards' open segments, and how many were new."""
        files: dict[str, bytes] = {}
        folders = Folders(self.objects.repository, tree)
        count = 0
        for shard, lines in sorted(shards.items()):
            number = self._open_segment(folders, shard)
            fresh = self._fresh(folders, shard, number, lines)
            while fresh:
                path = self.format.segment(shard, number)
                held = folders.entry(path)
                data = self.objects.data(held[0]) if held else b""
                room = max(self.format.segment_bytes - len(data), 0)
                taken = taking(fresh, room) if room else 0
                if taken:
                    files[path] = self._added(path, data, fresh[:taken])
                    count += taken
                    fresh = fresh[taken:]
                if fresh:
                    number += 1
                self._last[shard] = number
        return overlay(self.objects, tree, files), count

    def _fresh(self, folders: Folders, shard: str, number: int, lines: list[bytes]) -> list[bytes]:
        """The lines, each once, less those that the shard holds already.

        Of two lines that claim one id the same one stands as in a merge, except against a file
        that is closed: nothing is taken out of that.
        """
        wanted: dict[str, tuple[str, bytes]] = {}
        for raw in lines:
            name, new = self._claim(raw)
            wanted[name] = min(wanted.get(name, new), new)
        first = 1 if self.unsure else number
        for n in range(first, number + 1):
            held = folders.entry(self.format.segment(shard, n))
            for _, raw in split(self.objects.data(held[0])) if held else ():
                name, there = self._claim(raw)
                if name in wanted and (n < number or there <= wanted[name]):
                    del wanted[name]
        return [raw for _, raw in wanted.values()]

    def _claim(self, raw: bytes) -> tuple[str, tuple[str, bytes]]:
        """What a line is known by, and how it ranks among those that are known by the same."""
        keys = self.reader.keys(raw)
        return keys.id or raw.decode(errors="replace"), (keys.order, raw)

    def _added(self, path: str, data: bytes, lines: list[bytes]) -> bytes:
        return normal(path, (data, b"\n".join(lines)), self.reader)

    def _open_segment(self, folders: Folders, shard: str) -> int:
        """The number of a shard's last file, 1 if it has none: galloping, then halving."""

        def exists(number: int) -> bool:
            path = self.format.segment(shard, number)
            return folders.entry(path) is not None

        low = self._last.get(shard, 1)
        if low > 1 and not exists(low):
            low = 1
        step = 1
        while exists(low + step):
            low, step = low + step, step * 2
        high = low + step
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (middle, high) if exists(middle) else (low, middle)
        return low


def taking(lines: Sequence[bytes], room: int) -> int:
    """How many lines go into a file with that much room: those that fit, and one more."""
    taken = 0
    for raw in lines:
        taken += 1
        room -= len(raw) + 1
        if room <= 0:
            break
    return taken
