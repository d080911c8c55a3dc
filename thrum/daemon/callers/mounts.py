"""Which paths lie on a disk of this machine, where a question ends; the system says it at once.

On a mount of another machine, or of a program, a question may never end. The list of mounts is the
kernel's own (proc(5), ``mountinfo``): reading it touches none of them, and it tells when it
changes. Where there is no such list every path may be one that does not answer.
"""

from __future__ import annotations

import os
import re
import select
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from msgspec import Struct, field

LIST: Final = Path("/proc/self/mountinfo")

LOCAL: Final = frozenset(
    {
        *("bcachefs", "btrfs", "devtmpfs", "erofs", "exfat", "ext2", "ext3", "ext4", "f2fs"),
        *("hfsplus", "iso9660", "jfs", "nilfs2", "ntfs3", "overlay", "proc", "ramfs", "reiserfs"),
        *("rootfs", "squashfs", "sysfs", "tmpfs", "udf", "ufs", "vfat", "xfs", "zfs"),
    }
)
"""Kinds of file systems whose data lie in this machine."""

MOST_KEPT: Final = 4096
"""Paths of which it is kept where they lie."""

_OCTAL: Final = re.compile(rb"\\([0-7]{3})")


class Mounts(Struct, eq=False):
    """The mounts of this process. Belongs to one thread.

    Args:
        list: the file with the kernel's list.
    """

    list: Path = LIST
    _handle: int = -1
    _poll: select.poll | None = None
    _kinds: dict[str, str] | None = None
    _kept: dict[str, bool] = field(default_factory=dict)

    def are_local(self, paths: Iterable[str]) -> bool:
        """Whether all of them lie on disks of this machine; their links must be resolved."""
        if self._kinds is None or self._has_changed():
            self._read()
        return all(map(self._is_local, paths))

    def _is_local(self, path: str) -> bool:
        if not path.startswith("/"):
            return False
        known = self._kept.get(path)
        if known is None:
            if len(self._kept) >= MOST_KEPT:
                self._kept.clear()
            known = self._kept[path] = self._kind(path) in LOCAL
        return known

    def close(self) -> None:
        """Gives the list back."""
        if self._handle >= 0:
            os.close(self._handle)
            self._handle, self._poll, self._kinds = -1, None, None

    def _kind(self, path: str) -> str:
        kinds, place = self._kinds or {}, path
        while place not in kinds and place not in {"", "/"}:
            place = place.rpartition("/")[0] or "/"
        return kinds.get(place, "")

    def _has_changed(self) -> bool:
        return self._poll is not None and bool(self._poll.poll(0))

    def _read(self) -> None:
        self._kept.clear()
        try:
            if self._handle < 0:
                self._handle = os.open(self.list, os.O_RDONLY | os.O_CLOEXEC)
                self._poll = select.poll()
                self._poll.register(self._handle, select.POLLPRI)
            os.lseek(self._handle, 0, os.SEEK_SET)
            pieces = []
            while piece := os.read(self._handle, 65_536):
                pieces.append(piece)
        except OSError:
            self._kinds = {}
            return
        self._kinds = dict(filter(None, map(_mount, b"".join(pieces).splitlines())))


def _mount(line: bytes) -> tuple[str, str] | None:
    """Where a line of the list says that something is mounted, and of which kind it is.

    ``36 35 98:0 /root /where rw,noatime shared:1 - ext3 /dev/root rw``: what stands before the dash
    varies in number, and the last one of a place covers those before it.
    """
    before, dash, after = line.partition(b" - ")
    fields = before.split(b" ")
    if not dash or len(fields) < 5 or not after:
        return None
    where = _OCTAL.sub(lambda found: bytes([int(found[1], 8)]), fields[4])
    return os.fsdecode(where), os.fsdecode(after.split(b" ")[0])
