"""``core.sharedRepository``: what besides the owner others may do with what we write.

The git program follows the setting in all that it writes, libgit2 only when it makes a repository.
Without it a second account of a team can neither read our objects nor write beside them. The rules
are those of git-config(1) and git-init(1), ``--shared``.
"""

from __future__ import annotations

import os
import stat
from contextlib import suppress
from pathlib import Path
from typing import Final

import pygit2
from msgspec import Struct

KEY: Final = "core.sharedrepository"
GROUP: Final = 0o660
EVERYBODY: Final = 0o664
_NAMED: Final = {
    "umask": 0,
    "false": 0,
    "no": 0,
    "off": 0,
    "0": 0,
    "group": GROUP,
    "true": GROUP,
    "yes": GROUP,
    "on": GROUP,
    "1": GROUP,
    "all": EVERYBODY,
    "world": EVERYBODY,
    "everybody": EVERYBODY,
    "2": EVERYBODY,
}
_OWNER: Final = 0o600


class Sharing(Struct, frozen=True):
    """What the setting adds to the modes of files, or replaces them by.

    Attributes:
        bits: for a file that may be written; 0 where the umask decides alone.
        is_exact: whether they replace what the umask left.
    """

    bits: int = 0
    is_exact: bool = False

    @classmethod
    def of(cls, repository: pygit2.Repository) -> Sharing:
        """As a repository's configuration says now; what git would refuse counts as unset."""
        found = list(repository.config.get_multivar(KEY))
        return cls.meant(str(found[-1])) if found else cls()

    @classmethod
    def meant(cls, value: str) -> Sharing:
        """What a value of the setting means."""
        named = _NAMED.get(value.strip().lower())
        if named is not None:
            return cls(named)
        try:
            bits = int(value, 8)
        except ValueError:
            return cls()
        return cls(bits & 0o666, is_exact=True) if bits & _OWNER == _OWNER else cls()

    def mode(self, mode: int, *, is_folder: bool = False) -> int:
        """The permission bits that something of that mode is to have."""
        bits = self.bits if mode & stat.S_IWUSR else self.bits & ~0o222
        if mode & stat.S_IXUSR:
            bits |= (bits & 0o444) >> 2
        mode = bits if self.is_exact else mode | bits
        if is_folder:
            mode |= (mode & 0o444) >> 2
            # New entries belong to the group of the folder, whoever makes them.
            mode |= stat.S_ISGID if mode & 0o060 else 0
        return mode

    def apply(self, *paths: Path) -> None:
        """Gives files and folders their modes; not what is somebody else's or has gone."""
        if not self.bits:
            return
        for path in dict.fromkeys(paths):
            with suppress(FileNotFoundError, PermissionError):
                found = path.stat()
                had = stat.S_IMODE(found.st_mode)
                mode = self.mode(had, is_folder=stat.S_ISDIR(found.st_mode))
                if mode != had and found.st_uid == os.geteuid():
                    path.chmod(mode)
