"""Loose objects, read and written without libgit2.

libgit2 1.9 reads a loose object that was cut off for ever, and says of one whose bytes changed what
is wrong but not always with which. So what is loose is unpacked here before, see `inspection`.

While libgit2 writes one it computes and waits for the disk, and no other thread of the interpreter
does anything meanwhile. So they are written here: Python lets others go on.
"""

from __future__ import annotations

import hashlib
import itertools
import os
import re
import zlib
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final, NamedTuple

from gitstore.disk import OsDisk
from gitstore.errors import DamagedObject

WRITING: Final = "tmp_object_"
"""How files begin that are being written. By "tmp_" git knows them, and a prune takes old ones."""

_LEVEL: Final = 1
"""Of the compression, as git has it for loose objects unless told otherwise."""

_numbers: Final = itertools.count()

_ENTRY: Final = re.compile(rb"([0-7]+) [^\0]+\0(.{20})", re.DOTALL)
_SUBMODULE: Final = b"160000"
_FOLDER: Final = (b"40000", b"040000")
"""Modes, as they stand in a tree."""


class Loose(NamedTuple):
    """A loose object: commit, tree, blob or tag, and its bytes."""

    kind: str
    data: bytes


def path_of(store: Path, id: str) -> Path:
    """Where an object stands when it is loose."""
    return store / id[:2] / id[2:]


def read(store: Path, id: str) -> Loose | None:
    """A loose object; None when there is no such file.

    Raises:
        DamagedObject: the file is cut off, or not what its name says.
    """
    path = f"{store}/{id[:2]}/{id[2:]}"
    try:
        with open(path, "rb") as file:
            packed = file.read()
    except FileNotFoundError:
        return None
    stream = zlib.decompressobj()
    try:
        whole = stream.decompress(packed)
    except zlib.error as error:
        raise DamagedObject(id, f"its file {path} is damaged: {error}") from error
    if not stream.eof:
        raise DamagedObject(id, f"its file {path} is cut off")
    if hashlib.sha1(whole, usedforsecurity=False).hexdigest() != id:
        raise DamagedObject(id, f"its file {path} holds something else")
    head, _, data = whole.partition(b"\0")
    return Loose(head.partition(b" ")[0].decode(), data)


def write(store: Path, kind: str, data: bytes) -> tuple[str, bool]:
    """Writes an object unless there is such a file; its id, and whether it was written.

    Its bytes are durable then. Its name is once the folder is synced, and the store if the folder
    is new.

    Raises:
        OSError: the disk refuses, or somebody's gc took the folder in the same moment.
    """
    whole = b"%b %d\0%b" % (kind.encode(), len(data), data)
    id = hashlib.sha1(whole, usedforsecurity=False).hexdigest()
    target = path_of(store, id)
    if _is_there(target):
        return id, False
    new = store / f"{WRITING}{os.getpid()}-{next(_numbers)}"
    try:
        OsDisk().create(new, zlib.compress(whole, _LEVEL), mode=0o444)
        target.parent.mkdir(exist_ok=True)
        new.replace(target)
    except BaseException:
        with suppress(OSError):
            new.unlink(missing_ok=True)
        raise
    return id, True


def _is_there(path: Path) -> bool:
    """Whether the file is there; a prune counts its age from now on then."""
    try:
        os.utime(path)
    except PermissionError:
        return True  # it is somebody else's
    except (FileNotFoundError, NotADirectoryError):
        return False
    return True


def listed(store: Path) -> set[str]:
    """The ids of all objects that have a file of their own.

    Args:
        store: the folder ``objects``.
    """
    folders = [name for name in names_in(store) if len(name) == 2]
    return {f"{folder}{name}" for folder in folders for name in names_in(store / folder)}


def names_in(folder: Path) -> list[str]:
    """What a folder holds; nothing if it is none any more, as gc takes those that are empty."""
    try:
        with os.scandir(folder) as found:
            return [each.name for each in found]
    except (FileNotFoundError, NotADirectoryError):
        return []


def tree_entries(data: bytes) -> Iterator[tuple[str, bool]]:
    """Id of everything that a tree's bytes name, and whether it is a folder; not submodules."""
    for mode, id in _ENTRY.findall(data):
        if mode != _SUBMODULE:
            yield id.hex(), mode in _FOLDER


def commit_links(data: bytes) -> tuple[str, list[str]]:
    """The tree and the parents that a commit's bytes name."""
    head = data.partition(b"\n\n")[0].decode(errors="replace").splitlines()
    named = [line.partition(" ") for line in head]
    parents = [id for word, _, id in named if word == "parent"]
    return next(id for word, _, id in named if word == "tree"), parents
