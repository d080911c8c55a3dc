"""The daemon's log file: rotated at 10 MB, four compressed older ones kept."""

from __future__ import annotations

import gzip
import logging
import logging.handlers
import os
import shutil
import time
from io import TextIOWrapper
from pathlib import Path
from typing import Final

LARGEST: Final = 10_000_000
KEPT: Final = 4
LEVELS: Final = {
    "debug": logging.DEBUG,
    "info": logging.INFO,
    "warn": logging.WARNING,
    "error": logging.ERROR,
}
_STDOUT: Final = 1
_STDERR: Final = 2


class _Rotated(logging.handlers.RotatingFileHandler):
    """Private from the first moment; takes the process's stdout and stderr along if they are it."""

    def _open(self) -> TextIOWrapper:
        return open(self.baseFilename, "a", encoding="utf-8", opener=_private)

    def doRollover(self) -> None:
        along = [each for each in (_STDOUT, _STDERR) if is_same(Path(self.baseFilename), each)]
        super().doRollover()
        if self.stream is not None:
            for each in along:
                os.dup2(self.stream.fileno(), each)


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def start(path: Path, level: str) -> None:
    """Sends everything that the daemon logs to the file, in UTC."""
    handler = _Rotated(path, maxBytes=LARGEST, backupCount=KEPT, encoding="utf-8")
    path.chmod(0o600)
    handler.namer = lambda name: f"{name}.gz"
    handler.rotator = _compress
    formatter = logging.Formatter(
        "{asctime}.{msecs:03.0f}Z {levelname} {name}: {message}", "%Y-%m-%dT%H:%M:%S", style="{"
    )
    formatter.converter = time.gmtime
    handler.setFormatter(formatter)
    root = logging.getLogger()
    root.handlers[:] = [handler]
    set_level(level)


def set_level(level: str) -> None:
    """Changes what is worth a line; an unknown word means info."""
    logging.getLogger().setLevel(LEVELS.get(level, logging.INFO))


def is_same(path: Path, descriptor: int = _STDERR) -> bool:
    """Whether an open descriptor is that file, as it is for a daemon in the background."""
    try:
        return os.path.samestat(path.stat(), os.fstat(descriptor))
    except OSError:
        return False


def _compress(source: str, target: str) -> None:
    with (
        open(source, "rb") as plain,
        open(target, "wb", opener=_private) as file,
        gzip.open(file, "wb") as packed,
    ):
        shutil.copyfileobj(plain, packed)
    Path(source).unlink()
