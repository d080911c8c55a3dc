"""A repository whose log is in one pack, and ways to damage a file."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pygit2


def pack_of(where: Path) -> Path:
    (pack,) = (where / ".git/objects/pack").glob("*.pack")
    return pack


def objects_of(where: Path) -> dict[str, bytes]:
    repository = pygit2.Repository(str(where))
    return {str(id): repository.read(id)[1] for id in repository}


def damages(whole: bytes, step: int) -> Iterator[bytes]:
    for at in range(0, len(whole), step):
        yield whole[:at] + bytes([whole[at] ^ 1 << at % 8]) + whole[at + 1 :]
        yield whole[:at]


def put(path: Path, data: bytes) -> None:
    path.unlink(missing_ok=True)
    path.write_bytes(data)
    os.utime(path, (1, 1))
